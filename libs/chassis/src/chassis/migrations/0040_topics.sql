-- The id that Kafka gave a topic (KIP-516). Another id under the same name is another topic: positions are not its own.
CREATE TABLE topics (
    topic    text NOT NULL,
    topic_id text NOT NULL,
    CONSTRAINT topics_pkey PRIMARY KEY (topic)
);

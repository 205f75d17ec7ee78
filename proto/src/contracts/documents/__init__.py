"""What is generated from the event models: JSON Schemas, the AsyncAPI document, the page of events."""

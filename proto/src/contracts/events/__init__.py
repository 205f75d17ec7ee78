"""The events: one module a service. The class is the data; when, who, on which ground: the envelope."""

"""Files of offices without a system of their own: templates, checking, sending. See docs/files.md."""

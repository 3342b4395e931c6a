"""The gateway: facts, commands and questions over HTTP. Needs the extra `gateway`; nothing outside this room does."""

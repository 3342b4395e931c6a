"""The agreement between marketing and sales: what people write, and what deciders ask."""

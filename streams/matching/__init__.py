"""By what people and companies are known again: keys, names and how near two names are. Pure, without any lead."""

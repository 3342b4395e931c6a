"""What happens: the write side. Deciders and domain parts are pure; agents and app are thin shells around them."""

"""The front door: the command line, imports of history, and the settings of a deployment."""

__version__ = "0.1.0"

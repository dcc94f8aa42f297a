"""Why a Neo4j server could not be had."""


class Unavailable(Exception):
    """One way of getting a Neo4j server is not open here; the message states the fact observed."""

"""CloudFormation resource types that the emulator's engine lacks, backed by the emulator's own APIs wherever it has them.

Each one checks its required properties, has AWS's Ref and GetAtt, and is created, updated and deleted. What an API of the emulator
refuses fails the stack. The README of local-servers lists the types and what they don't do.
"""


def register(engine):
    """Adds the types to the engine, given as its module, and corrects some of its own. A type that it has by now stays its own."""
    # Here and not above: these modules import the engine, which has to be loaded first.
    from . import alarms_and_queries, containers, corrections, network, secrets

    for module in (network, containers, alarms_and_queries, secrets):
        for name, resource_type in module.TYPES.items():
            engine._RESOURCE_HANDLERS.setdefault(name, resource_type.handlers(name))
    corrections.correct()

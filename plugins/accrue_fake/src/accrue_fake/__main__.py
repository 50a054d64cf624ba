"""``python -m accrue_fake``: the same commands as ``accrue fake``, without core's program."""

from accrue_fake.hosting.commands import fake

if __name__ == "__main__":
    fake(prog_name="accrue fake")

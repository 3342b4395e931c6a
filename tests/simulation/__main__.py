"""Replays one seed: `python -m tests.simulation --seed N --trace`."""

import hashlib
import sys
from time import perf_counter

import click

from tests.simulation.plan import SHAPES
from tests.simulation.run import simulate


@click.command()
@click.option("--seed", type=int, required=True, help="The first seed to run.")
@click.option("--count", type=int, default=1, show_default=True, help="How many seeds to run, from that one on.")
@click.option("--shape", type=click.Choice(SHAPES), help="What runs, instead of what the seed chooses.")
@click.option("--trace", is_flag=True, help="Print everything that happens, in order.")
def main(seed: int, count: int, shape: str | None, trace: bool) -> None:
    """Run seeds of the simulation; exit with 1 if one of them broke a rule."""
    broken, steps, started, digest = 0, 0, perf_counter(), hashlib.blake2b(digest_size=16)
    for number in range(seed, seed + count):
        outcome = simulate(number, shape=shape, lines=trace)
        steps += outcome.steps
        digest.update(outcome.digest.encode())
        for line in outcome.lines:
            click.echo(line)
        if outcome.violations or count == 1:
            found = "".join(f"\n  {one}" for one in outcome.violations) or " nothing"
            click.echo(f"seed {number} ({outcome.plan.shape}) trace {outcome.digest}: {outcome.happened}, found{found}")
        broken += bool(outcome.violations)
    click.echo(f"{count} seeds, {steps} steps, {perf_counter() - started:.1f} s, {broken} broke a rule")
    click.echo(f"all traces {digest.hexdigest()}")
    sys.exit(broken > 0)


if __name__ == "__main__":
    main()

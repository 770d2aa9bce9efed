"""Every moment at which something can go wrong, as a table: what happens, and how it is played with real processes.

``in_doubt`` is how many messages stay unknown when the provider cannot be asked: those that one worker had on their way
at that moment. With one that can be asked nothing stays unknown. ``LIMITS`` are the moments that only a provider can
close; ``doubled`` is how many come twice through one that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.faults.stage import MESSAGES, THREADS, Stage
from tests.faults.strikes import FREEZE, KILL, Strike
from tests.gateways.standins.provider import Fault, Refused


@dataclass(frozen=True)
class Window:
    """One of them: ``name`` stands in the table, ``meaning`` beside it, ``play`` lets it happen and come to rest."""

    name: str
    meaning: str
    play: Callable[[Stage], None]
    in_doubt: int = 0
    doubled: int = 0


When = Literal["before", "after"]


def _killed_web(when: When, function: str, *, is_undone: bool) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.record(Strike(KILL, when, function))
        assert stage.queue.is_empty(), "nobody was nudged"
        assert stage.causes() == (0 if is_undone else MESSAGES), "the cause and its message are one"
        if is_undone:
            stage.record()  # The person at the desk sees the error and does it again.
        stage.settle()

    return play


def _killed(when: When, function: str, nth: int = 1) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.write()
        doomed = stage.hire(Strike(KILL, when, function, nth))
        stage.sweep()
        assert not doomed.is_alive, f"it was never {when} {function}"
        stage.settle()

    return play


def _killed_twice(when: When, function: str) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.write()
        stage.hire(Strike(KILL, "before", "services.attempts:finish"))
        stage.sweep()
        stage.let_leases_run_out()
        second = stage.hire(Strike(KILL, when, function))
        stage.sweep()
        if second.is_alive:
            stage.let_the_grace_pass()
            stage.sweep()
        assert not second.is_alive, f"it was never {when} {function}"
        stage.settle()

    return play


def _frozen(when: When, function: str, nth: int = 1) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.write()
        frozen = stage.hire(Strike(FREEZE, when, function, nth))
        stage.nudge()
        stage.until_frozen(frozen)
        stage.let_leases_run_out()
        stage.settle()
        frozen.thaw()
        stage.until_idle()
        stage.settle()

    return play


def _misbehaving(*faults: Fault | Refused, late: float = 0) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.write()
        stage.misbehave("next", *faults)
        stage.misbehave("late", late)
        stage.settle()

    return play


def _throttling(stage: Stage) -> None:
    too_many = Refused("too_many", "Temporal failure, try again later.", 503 if stage.provider == "mute" else 429)
    _misbehaving(*[too_many] * 4)(stage)


def _unreachable(stage: Stage) -> None:
    stage.write()
    stage.misbehave("leave")
    stage.hire()
    stage.sweep()
    stage.hands.forward(minutes=2)
    stage.sweep()
    stage.misbehave("come_back")
    stage.settle()


def _without_redis(stage: Stage) -> None:
    stage.record()
    assert not stage.queue.is_empty()
    stage.kill_redis()
    stage.start_redis()
    assert stage.queue.is_empty(), "the nudge is gone"
    stage.settle()


def _loses_redis(stage: Stage) -> None:
    stage.write()
    worker = stage.hire(Strike(FREEZE, "before", "services.attempts:finish", 2))
    stage.nudge()
    stage.until_frozen(worker)
    stage.kill_redis()
    worker.thaw()
    stage.start_redis()
    stage.settle()


def _two_sweeps(stage: Stage) -> None:
    stage.write()
    stage.hire(Strike(KILL, "before", "services.attempts:finish"))
    stage.sweep()
    stage.let_leases_run_out()
    stage.hire()
    stage.hire()
    stage.sweep(times=4)
    stage.let_the_grace_pass()
    stage.sweep(times=4)
    stage.settle()


def _four_workers(stage: Stage) -> None:
    stage.write(2 * MESSAGES)
    workers = [stage.hire(Strike(FREEZE, "before", "services.claims:claim")) for _ in range(4)]
    stage.nudge(times=4)
    for worker in workers:
        stage.until_frozen(worker)
    for worker in workers:  # At the same moment, or they would take turns.
        worker.thaw()
    stage.until_idle()
    stage.settle()


def _frozen_with_locks(stage: Stage) -> None:
    """Inside the transaction that claims. On SQLite everybody waits for it to wake; a server throws it out."""
    stage.write()
    frozen = stage.hire(Strike(FREEZE, "before", "services.reply_codes:give"))
    stage.nudge()
    stage.until_frozen(frozen)
    if stage.has_server:
        stage.settle()
    frozen.thaw()
    stage.until_idle()
    stage.settle()


def _late_at_the_socket(stage: Stage) -> None:
    stage.write()
    stage.misbehave("late", 20)
    strikes = Strike(FREEZE, "before", "services.attempts:send"), Strike(KILL, "before", "services.attempts:finish")
    doomed = stage.hire(*strikes)
    stage.nudge()
    stage.until_frozen(doomed)
    stage.hands.forward(seconds=55)
    doomed.thaw()
    stage.until_dead(doomed)
    stage.hands.forward(seconds=10)
    stage.settle()


WINDOWS = (
    Window(
        "web process killed before its commit",
        "The complaint and its message are one transaction: neither is there, and the person does it again.",
        _killed_web("before", "extensions:db.session.commit", is_undone=True),
    ),
    Window(
        "web process killed after its commit, before the nudge",
        "No job stands in the queue; the sweep, which comes every few seconds, finds the message.",
        _killed_web("before", "services.nudges:wake_worker", is_undone=False),
    ),
    Window(
        "worker killed when it has claimed",
        "Its lease runs out; what was never begun goes back into the queue.",
        _killed("after", "services.claims:claim"),
    ),
    Window(
        "worker killed when its attempts are written down",
        "Nothing left, but the desk cannot know it: the provider is asked, has nothing, and the messages go out.",
        _killed("after", "services.attempts:begin"),
        in_doubt=THREADS,
    ),
    Window(
        "worker killed while some are sent",
        "Of the messages on their way the provider has some; it is asked about each.",
        _killed("after", "services.attempts:send", nth=2),
        in_doubt=THREADS,
    ),
    Window(
        "worker killed when the provider has accepted, before that is written down",
        "The provider is asked, has them, and nothing is sent again.",
        _killed("before", "services.attempts:finish"),
        in_doubt=THREADS,
    ),
    Window(
        "worker killed when the verdicts are written down",
        "The rest of its batch goes back into the queue.",
        _killed("after", "services.attempts:finish"),
    ),
    Window(
        "worker killed when all is sent, before the job is acknowledged",
        "The job carries no message; a job that runs again finds nothing to do.",
        _killed("after", "jobs.tasks:dispatch_messages"),
    ),
    Window(
        "worker killed while it takes back what another one left",
        "Taking back is one transaction; the next sweep does it again.",
        _killed_twice("after", "services.outbox:recover"),
        in_doubt=THREADS,
    ),
    Window(
        "worker killed when the provider has answered its question, before that is written down",
        "The question is asked again.",
        _killed_twice("before", "services.questions:_settle"),
        in_doubt=THREADS,
    ),
    Window(
        "worker frozen past its lease when it has claimed",
        "Another one takes over; when it wakes its lease is gone, and it sends nothing.",
        _frozen("after", "services.claims:claim"),
    ),
    Window(
        "worker frozen past its lease when its attempts are written down",
        "Another one asks and sends; when it wakes it looks at the clock once more before it sends, and does not.",
        _frozen("after", "services.attempts:begin"),
        in_doubt=THREADS,
    ),
    Window(
        "worker frozen past its lease when the provider has accepted",
        "Another one asks; when it wakes its verdicts are no longer wanted.",
        _frozen("before", "services.attempts:finish"),
        in_doubt=THREADS,
    ),
    Window(
        "worker frozen in the middle of claiming, with every lock it needs",
        "A database server ends a transaction that stands still; with SQLite the others wait until it wakes.",
        _frozen_with_locks,
    ),
    Window(
        "worker frozen just short of its lease, then killed, and the provider's books are 20 seconds late",
        "The grace begins when nothing can be on its way any more, not when the attempt began.",
        _late_at_the_socket,
        in_doubt=THREADS,
    ),
    Window(
        "provider drops the connection instead of answering",
        "It has every message and says of none that it has.",
        _misbehaving(*[Fault.DROP] * MESSAGES),
        in_doubt=MESSAGES,
    ),
    Window(
        "provider drops the connection before it has read",
        "It has none of them, which looks the same from here; asked, it says so, and they go out.",
        _misbehaving(*[Fault.LOSE] * 3),
        in_doubt=3,
    ),
    Window(
        "provider answers after the time-out",
        "It has them, and the answer comes too late.",
        _misbehaving(*[Fault.SLOW] * 3),
        in_doubt=3,
    ),
    Window(
        "provider answers nonsense",
        "A 500, half an answer, an empty one, one that is no JSON: each may mean that it has the message.",
        _misbehaving(Fault.ERROR_500, Fault.HALF, Fault.EMPTY, Fault.GARBAGE),
        in_doubt=4,
    ),
    Window(
        "provider throttles",
        "What it refuses for now waits and is tried again.",
        _throttling,
    ),
    Window(
        "provider cannot be reached",
        "Nobody took the connection, so nothing was sent: the messages wait for it.",
        _unreachable,
    ),
    Window(
        "provider shows messages 20 seconds late when asked",
        "It is asked after a grace of 30 seconds at the earliest.",
        _misbehaving(*[Fault.DROP] * 3, late=20),
        in_doubt=3,
    ),
    Window(
        "queue killed and wiped before a worker saw the job",
        "The job is gone, the message is in the database.",
        _without_redis,
    ),
    Window(
        "queue killed and wiped while a worker is sending",
        "The worker writes its verdicts down and finds the new queue by itself.",
        _loses_redis,
    ),
    Window(
        "two sweeps at once over what a dead worker left",
        "Both take back, both ask; each message is settled once.",
        _two_sweeps,
        in_doubt=THREADS,
    ),
    Window(
        "four workers at once",
        "All look at the same moment; each message is claimed by one.",
        _four_workers,
    ),
)


def _frozen_at_the_socket(stage: Stage) -> None:
    stage.threads = 1
    _frozen("before", "gateways.web:request")(stage)


LIMITS = (
    Window(
        "worker frozen between its last look at the clock and the socket",
        "Another one asks, hears that there is nothing, and sends; then the first one wakes and sends too.",
        _frozen_at_the_socket,
        in_doubt=1,
        doubled=1,
    ),
    Window(
        "provider shows messages 40 seconds late when asked",
        "It says after 30 seconds that it has nothing, which is not true.",
        _misbehaving(*[Fault.DROP] * 3, late=40),
        in_doubt=3,
        doubled=3,
    ),
)

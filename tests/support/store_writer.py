"""A process that writes to a store from four threads and prints what is durable, until it is killed."""

import os
import sys
from itertools import count
from threading import Thread

from server.store import Store
from tests.support.stores import ME, a_batch, a_turn, an_outcome, content


def write(store: Store, name: str) -> None:
    for number in count():
        begun = store.begin_turn(
            ME, a_turn(message_id=f"{name}-q{number}", answer_id=f"{name}-a{number}", content="Hello")
        )
        say("begun", begun.user_message_id)
        for seq in (1, 2, 3):
            store.append([a_batch(begun, seq, content(f"{seq} "))])
            say("saved", begun.answer.id, seq)
        store.finish(ME, begun.answer.id, an_outcome("1 2 3 "), None)
        say("ended", begun.answer.id)


def say(*words: object) -> None:
    os.write(sys.stdout.fileno(), (" ".join(map(str, words)) + "\n").encode())


def main(url: str, name: str) -> None:
    store = Store(url)
    store.open()
    for worker in range(4):
        Thread(target=write, args=(store, f"{name}-{worker}")).start()


if __name__ == "__main__":
    main(*sys.argv[1:])

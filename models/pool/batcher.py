"""The line of callers before one engine, and the batches it is taken in.

Plain data, no threads and no clock: `models/pool/slot.py` holds the lock around it.
"""

from __future__ import annotations

from collections import deque

from sensorium.models.pool.run import Job, Part, Run


class Batcher:
    """The queue: jobs in order of arrival, taken in runs of at most `batch` items."""

    def __init__(self, batch: int = 1) -> None:
        self.batch = max(1, batch)
        self._jobs: deque[Job] = deque()
        self.items = 0  # a job that is no batch fills a run, so it counts as `batch` items

    def __len__(self) -> int:
        """Return the number of jobs that wait, partly taken ones included."""
        return len(self._jobs)

    def add(self, job: Job) -> None:
        """Put a job at the end."""
        self._jobs.append(job)
        self.items += self._weight(job)

    def remove(self, job: Job) -> bool:
        """Take a job out, wherever it stands; tell whether it was there."""
        try:
            self._jobs.remove(job)
        except ValueError:
            return False
        self.items -= self._weight(job)
        return True

    def clear(self) -> list[Job]:
        """Take every job out and return them."""
        jobs = list(self._jobs)
        self._jobs.clear()
        self.items = 0
        return jobs

    def take(self) -> tuple[Run | None, int]:
        """Return the next run, None when nobody waits, and how many dead jobs were dropped.

        The first job decides; later ones that join it and fit whole come along. Only a job that is
        larger than a batch is cut, and its rest goes to the end of the line so that small callers
        do not wait for all of it. A job whose future is done (cancelled, timed out) is dropped.
        """
        parts: list[Part] = []
        passed: list[Job] = []
        rest: list[Job] = []
        room = self.batch
        dropped = 0
        while self._jobs and room > 0:
            job = self._jobs.popleft()
            if job.future.done():
                self.items -= self._weight(job)
                dropped += 1
            elif parts and not (job.remaining <= room and job.joins(parts[0].job)):
                passed.append(job)
            else:
                self.items -= self._weight(job)
                start = job.taken
                job.taken += min(job.remaining, self.batch)
                parts.append(Part(job, start, job.taken))
                room -= self.batch if job.items is None else job.taken - start
                if job.items is not None and job.remaining:
                    self.items += self._weight(job)
                    rest.append(job)
        self._jobs.extendleft(reversed(passed))
        self._jobs.extend(rest)
        return (Run(tuple(parts)) if parts else None), dropped

    def _weight(self, job: Job) -> int:
        """Return how much of a run the job fills before the next one has its turn."""
        return self.batch if job.items is None else min(job.remaining, self.batch)

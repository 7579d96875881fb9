import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Measures one run: how long it takes, how much processor time, and how much memory the process holds at most
/// meanwhile.
///
/// Memory is sampled every few milliseconds by a thread of its own, and once more when the clock has stopped.
public struct Meter: ~Copyable {
    private static let samplingPeriodMicroseconds: UInt32 = 5_000
    private let run = Run()
    /// Where the run counts what it does; `nil` where it is timed.
    public let ledger: CountLedger?

    /// Prepares to measure; or to count, which takes so much time that the clock says nothing.
    public init(counting ledger: CountLedger? = nil) {
        self.ledger = ledger
    }

    /// Starts the clock.
    public borrowing func start() {
        var probe = ResidentMemoryProbe()
        let memory = probe.read()
        run.memoryAtStart.withLock { $0 = memory }
        ledger?.begin()
        run.state.withLock { state in
            precondition(state == .idle, "a meter measures once")
            state = .running(since: .now, processorTime: .ofThisProcess)
        }
        // Not joined: it ends by itself within a period, and a run is over when its process is.
        _ = PosixThread { [run] in
            var probe = ResidentMemoryProbe()
            while run.isRunning {
                run.note(probe.read())
                usleep(Self.samplingPeriodMicroseconds)
            }
        }
    }

    /// Ends the part that what follows is compared with, and begins the measurement anew.
    public borrowing func mark() {
        let now = ContinuousClock.now
        run.state.withLock { state in
            guard case .running(let start, _) = state else {
                preconditionFailure("a meter is marked that was not started")
            }
            run.reference.withLock { $0 = now - start }
            state = .running(since: .now, processorTime: .ofThisProcess)
        }
    }

    /// Stops the clock.
    public borrowing func stop() {
        let now = ContinuousClock.now
        let processorTime = Duration.ofThisProcess
        ledger?.end()
        run.state.withLock { state in
            guard case .running(let start, let processorStart) = state else {
                preconditionFailure("a meter is stopped that was not started")
            }
            state = .stopped(after: now - start, processorTime: processorTime - processorStart)
        }
        var probe = ResidentMemoryProbe()
        let memory = probe.read()
        run.memoryAtStop.withLock { $0 = memory }
        run.note(memory)
    }

    /// What was measured; `nil` before the clock was stopped.
    public borrowing func sample(resultHash: String) -> Sample? {
        guard case .stopped(let elapsed, let processorTime) = run.state.withLock({ $0 }) else { return nil }
        var growth: Int?
        if let before = run.memoryAtStart.withLock({ $0 }), let after = run.memoryAtStop.withLock({ $0 }) {
            growth = after.anonymous - before.anonymous
        }
        return Sample(
            elapsed: elapsed, processorTime: processorTime, peak: run.peak.withLock { $0 }, growth: growth,
            reference: run.reference.withLock { $0 }, resultHash: resultHash, counts: ledger?.counts ?? Counts())
    }

    private final class Run: Sendable {
        enum State: Equatable {
            case idle
            case running(since: ContinuousClock.Instant, processorTime: Duration)
            case stopped(after: Duration, processorTime: Duration)
        }

        let state = Mutex(State.idle)
        let peak = Mutex<ResidentMemory?>(nil)
        let memoryAtStart = Mutex<ResidentMemory?>(nil)
        let memoryAtStop = Mutex<ResidentMemory?>(nil)
        let reference = Mutex<Duration?>(nil)

        var isRunning: Bool {
            if case .running = state.withLock({ $0 }) { true } else { false }
        }

        func note(_ memory: ResidentMemory?) {
            guard let memory else { return }
            peak.withLock { peak in
                if peak?.raise(to: memory) == nil { peak = memory }
            }
        }
    }
}

extension Duration {
    /// The processor time that all threads of this process have used, in user and in kernel mode.
    fileprivate static var ofThisProcess: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

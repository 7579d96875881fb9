#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A thread of its own that runs jobs, one at a time. It is created with the first job and ends with ``stop()``.
///
/// A commit that syncs blocks for as long as the disk takes. On a thread of the concurrency runtime that would stop
/// other tasks, so it happens here.
///
/// `@unchecked Sendable`: `job`, `isRunning` and `isStopped` are touched only between `lock` and `unlock` of the one
/// mutex; the mutex and the condition live at fixed addresses from `init` to `deinit`, and the thread retains the
/// object for as long as it runs.
final class WriterThread: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var job: (@Sendable () -> Void)?
    private var isRunning = false
    private var isStopped = false

    init() {
        // Neither call can fail with default attributes on the supported platforms.
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `job` on the thread; the last one has begun. After ``stop()`` a new thread runs it and ends.
    func run(_ job: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        precondition(self.job == nil, "a writer thread takes one job at a time")
        self.job = job
        let begins = !isRunning
        isRunning = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
        if begins { start() }
    }

    /// Ends the thread after the job that it has, if any. It does not wait, so the thread itself may call it.
    func stop() {
        pthread_mutex_lock(mutex)
        isStopped = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    private func start() {
        let context = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
        var thread: pthread_t?
        let status = pthread_create(&thread, nil, { WriterThread.main($0) }, context)
        precondition(status == 0, "no thread could be created: error \(status)")
        if let thread { pthread_detach(thread) }
        #else
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, { WriterThread.main($0!) }, context)
        precondition(status == 0, "no thread could be created: error \(status)")
        pthread_detach(thread)
        #endif
    }

    private static func main(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let thread = Unmanaged<WriterThread>.fromOpaque(context).takeRetainedValue()
        while let job = thread.nextJob() { job() }
        return nil
    }

    private func nextJob() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while job == nil, !isStopped { pthread_cond_wait(condition, mutex) }
        isRunning = job != nil
        defer { job = nil }
        return job
    }
}

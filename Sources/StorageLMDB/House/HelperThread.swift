#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A thread for one job, which somebody waits for.
struct HelperThread: ~Copyable {
    /// What the new thread takes over.
    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private let thread: pthread_t

    /// Starts `body`; `nil` where the system grants no thread.
    init?(_ body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Job(body))
        #if canImport(Darwin)
        var created: pthread_t?
        let status = pthread_create(&created, nil, { Self.run($0) }, context.toOpaque())
        #else
        var created: pthread_t? = pthread_t()
        let status = pthread_create(&created!, nil, { Self.run($0!) }, context.toOpaque())
        #endif
        guard status == 0, let created else {
            context.release()
            return nil
        }
        thread = created
    }

    /// Waits for the end of the job.
    consuming func join() {
        pthread_join(thread, nil)
    }

    private static func run(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
        return nil
    }
}

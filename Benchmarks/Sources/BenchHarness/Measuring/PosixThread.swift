#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A thread that runs one closure and is waited for: what the floors need of concurrency, and the memory sampler.
public struct PosixThread: ~Copyable {
    private let handle: pthread_t

    /// Starts `body` on a new thread.
    public init(_ body: @escaping @Sendable () -> Void) {
        #if canImport(Darwin)
        var handle: pthread_t?
        #else
        var handle = pthread_t()
        #endif
        let start = Unmanaged.passRetained(Start(body)).toOpaque()
        let status = pthread_create(
            &handle, nil,
            { argument in
                Unmanaged<Start>.fromOpaque(argument.unsafelyUnwrapped).takeRetainedValue().body()
                return nil
            }, start)
        precondition(status == 0, "no thread could be started: error \(status)")
        #if canImport(Darwin)
        self.handle = handle.unsafelyUnwrapped
        #else
        self.handle = handle
        #endif
    }

    /// Waits until the closure has returned.
    public consuming func join() {
        pthread_join(handle, nil)
    }

    private final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Runs `body` on a new thread, and returns when it is done.
///
/// A snapshot's closure cannot suspend, so a check that writes while one is open needs another thread, and not a task:
/// the runtime may have only the one that is blocked here.
func onAnotherThread(_ body: @escaping @Sendable () throws -> Void) throws {
    let job = Job(body)
    let context = Unmanaged.passRetained(job).toOpaque()
    #if canImport(Darwin)
    var thread: pthread_t?
    let status = pthread_create(&thread, nil, { Job.main($0) }, context)
    guard status == 0, let thread else { preconditionFailure("no thread could be created: error \(status)") }
    #else
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, { Job.main($0!) }, context)
    precondition(status == 0, "no thread could be created: error \(status)")
    #endif
    pthread_join(thread, nil)
    try job.result?.get()
}

/// `@unchecked Sendable`: the new thread writes `result`, and the old one reads it after joining that thread.
private final class Job: @unchecked Sendable {
    private let body: @Sendable () throws -> Void
    private(set) var result: Result<Void, any Error>?

    init(_ body: @escaping @Sendable () throws -> Void) {
        self.body = body
    }

    static func main(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let job = Unmanaged<Job>.fromOpaque(context).takeRetainedValue()
        job.result = Result { try job.body() }
        return nil
    }
}

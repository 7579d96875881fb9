#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Lets a read inside a read, on one thread, find the snapshot of the outer one, whatever the engine.
///
/// The reads that are open on a thread form a chain of frames on its stack, the innermost first; a thread-local
/// variable points to that one. A read of another engine in between does not hide the outer read of the first.
public enum NestedReads {
    private struct Frame {
        let engine: ObjectIdentifier
        let view: Unmanaged<AnyObject>
        let outer: UnsafeMutablePointer<Frame>?
    }

    private static let innermost: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key, nil)
        precondition(status == 0, "no thread-local variable could be created: error \(status)")
        return key
    }()

    /// The view of the innermost read of `engine` that is open on this thread; `nil` where there is none.
    public static func view(of engine: AnyObject) -> AnyObject? {
        let wanted = ObjectIdentifier(engine)
        var frame = pthread_getspecific(innermost)?.assumingMemoryBound(to: Frame.self)
        while let current = frame {
            // Valid: a frame is in the chain only while `enter`, which keeps it and its view alive, has not returned.
            if current.pointee.engine == wanted { return current.pointee.view.takeUnretainedValue() }
            frame = current.pointee.outer
        }
        return nil
    }

    /// Calls `body` while `view` is what ``view(of:)`` returns on this thread.
    public static func enter(_ engine: AnyObject, view: AnyObject, _ body: () -> Void) {
        let outer = pthread_getspecific(innermost)
        var frame = Frame(
            engine: ObjectIdentifier(engine), view: .passUnretained(view),
            outer: outer?.assumingMemoryBound(to: Frame.self))
        withUnsafeMutablePointer(to: &frame) { frame in
            pthread_setspecific(innermost, frame)
            withExtendedLifetime(view) { body() }
            pthread_setspecific(innermost, outer)
        }
    }
}

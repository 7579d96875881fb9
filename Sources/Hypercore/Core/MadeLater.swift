import Synchronization

/// An object of a log that is made when it is first needed, because most logs never need it while they are open.
///
/// A lock around it and no `AtomicLazyReference`: that one's generic code stays generic (Swift 6.3), and looking at it with every
/// get cost a tenth of the get (`get-random-seq`, 0.61 → 0.54 by processor time).
struct MadeLater<Object: AnyObject & Sendable>: ~Copyable, Sendable {
    private let object = Mutex<Object?>(nil)

    /// The object, if it was ever needed.
    var ifMade: Object? { object.withLock { $0 } }

    /// The object, made where there is none yet.
    func made(_ make: () -> Object) -> Object {
        object.withLock { object in
            if let object { return object }
            let made = make()
            object = made
            return made
        }
    }
}

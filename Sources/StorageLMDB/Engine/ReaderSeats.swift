import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Views that wait for the threads that read last, each in a seat of its own, so that a thread gets its view back without a lock
/// that all readers meet at.
///
/// A seat is empty, or has a view that is idle, or one that is being read. Taking a view and giving it back changes the seat in one
/// step; only the ``ReaderPool`` seats views and clears seats, under its lock. What is being read when seats are cleared is from
/// then on counted by the pool, and its reader finds the seat changed when it is done.
///
/// Threads that share a seat take turns at it, and who finds it taken goes to the pool.
///
/// `@unchecked Sendable`: the pointer is constant and points to atomics, which live as long as the object.
final class ReaderSeats: @unchecked Sendable {
    /// The address of the view, its lowest bit set while it is read; 0 for an empty seat. The seat owns a view that is idle, and the
    /// reader one that is read: otherwise it could be gone between the two steps of taking it and keeping it.
    private typealias Seat = Atomic<UInt>

    private static let bitCount = 5
    static let count = 1 << bitCount
    /// So far apart that no two seats share a cache line.
    private static let stride = 128 / MemoryLayout<Seat>.stride

    private let seats = UnsafeMutablePointer<Seat>.allocate(capacity: count * stride)

    init() {
        for place in 0..<Self.count * Self.stride { (seats + place).initialize(to: Seat(0)) }
    }

    deinit {
        _ = clear()
        seats.deinitialize(count: Self.count * Self.stride)
        seats.deallocate()
    }

    /// The seat of this thread.
    private var own: UnsafeMutablePointer<Seat> {
        #if canImport(Glibc)
        let thread = UInt64(pthread_self())
        #else
        let thread = UInt64(UInt(bitPattern: pthread_self()))
        #endif
        // Addresses are multiples of a page and more: multiplied by an odd fraction of 2^64, they differ in the upper bits.
        return seats + Int((thread &* 0x9e37_79b9_7f4a_7c15) >> (64 - UInt64(Self.bitCount))) * Self.stride
    }
}

// MARK: - By readers

extension ReaderSeats {
    /// Takes the view out of this thread's seat, if an idle one is there. It is the caller's until it is given back.
    func take() -> ReadView? { take(from: own) }

    /// Gives a view back; `false` where it did not come from this thread's seat, or that was cleared meanwhile.
    func giveBack(_ view: ReadView) -> Bool {
        // Nobody else can have put this address there with its bit set: the view is ours alone.
        hand(view, wasTaken: true)
    }

    private func take(from seat: UnsafeMutablePointer<Seat>) -> ReadView? {
        let idle = seat.pointee.load(ordering: .relaxed)
        guard idle != 0, idle & 1 == 0 else { return nil }
        // A view that was seated at the same address meanwhile is as good.
        guard seat.pointee.compareExchange(expected: idle, desired: idle | 1, ordering: .acquiring).exchanged else {
            return nil
        }
        return Self.view(idle).takeRetainedValue()
    }

    /// Makes this thread's seat own the view, as an idle one.
    ///
    /// - Parameter wasTaken: whether the view has to have been taken from there; otherwise the seat has to be empty.
    private func hand(_ view: ReadView, wasTaken: Bool) -> Bool {
        let owned = Unmanaged.passRetained(view)
        let idle = UInt(bitPattern: owned.toOpaque())
        let expected = wasTaken ? idle | 1 : 0
        if own.pointee.compareExchange(expected: expected, desired: idle, ordering: .releasing).exchanged {
            return true
        }
        owned.release()
        return false
    }

    private static func view(_ value: UInt) -> Unmanaged<ReadView> {
        guard let address = UnsafeRawPointer(bitPattern: value & ~1) else {
            preconditionFailure("an empty seat has no view")
        }
        return .fromOpaque(address)
    }
}

// MARK: - By the pool, under its lock

extension ReaderSeats {
    /// Seats an idle view for this thread; `false` where the seat is taken.
    func seat(_ view: ReadView) -> Bool {
        hand(view, wasTaken: false)
    }

    /// Takes an idle view out of any seat, which is empty then.
    func unseatAny() -> ReadView? {
        for place in 0..<Self.count {
            let seat = seats + place * Self.stride
            guard let view = take(from: seat) else { continue }
            seat.pointee.store(0, ordering: .relaxed)
            return view
        }
        return nil
    }

    /// Empties all seats.
    ///
    /// - Returns: the views that were idle, and how many are being read: their readers will not be able to give them back here.
    func clear() -> (idle: [ReadView], readCount: Int) {
        var cleared: (idle: [ReadView], readCount: Int) = ([], 0)
        for place in 0..<Self.count {
            let value = seats[place * Self.stride].exchange(0, ordering: .acquiringAndReleasing)
            guard value != 0 else { continue }
            if value & 1 == 0 {
                cleared.idle.append(Self.view(value).takeRetainedValue())
            } else {
                cleared.readCount += 1
            }
        }
        return cleared
    }
}

import CCorestoreSodium

/// The one place that initialises libsodium. Touch ``ready`` before the first call into the library.
enum Sodium {
    /// Initialises libsodium once per process.
    ///
    /// Initialisation fails only where the system has no source of randomness; nothing here could be trusted then.
    static let ready: Void = {
        precondition(sodium_init() >= 0, "libsodium could not be initialised: the system gives no random numbers")
    }()
}

/// Random bytes from the operating system.
public enum Randomness {
    /// Returns `count` unpredictable bytes.
    public static func bytes(count: Int) -> [UInt8] {
        Sodium.ready
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { randombytes_buf(base, count) }
            initialized = count
        }
    }
}

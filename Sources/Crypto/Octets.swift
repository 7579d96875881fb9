// libsodium takes its arguments as `unsigned char *`; these hand it a buffer so.

package extension UnsafeRawBufferPointer {
    /// The buffer's bytes as C sees them; `nil` only for an empty buffer.
    var octetsIfAny: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }

    /// The buffer's bytes as C sees them.
    ///
    /// - Precondition: the buffer has an address: it is that of a value or of an allocation.
    var octets: UnsafePointer<UInt8> {
        guard let octetsIfAny else { preconditionFailure("a buffer for libsodium to read has no address") }
        return octetsIfAny
    }
}

package extension UnsafeMutableRawBufferPointer {
    /// The buffer's bytes as C sees them.
    ///
    /// - Precondition: the buffer has an address: it is that of a value or of an allocation.
    var octets: UnsafeMutablePointer<UInt8> {
        guard let baseAddress else { preconditionFailure("a buffer for libsodium to write to has no address") }
        return baseAddress.assumingMemoryBound(to: UInt8.self)
    }
}

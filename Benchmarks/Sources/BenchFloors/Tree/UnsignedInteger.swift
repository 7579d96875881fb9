/// Writes a compact `uint` and returns how many bytes it took, nine at most.
func writeUInt(_ value: UInt64, to target: UnsafeMutableRawPointer) -> Int {
    switch value {
    case 0..<0xfd:
        target.storeBytes(of: UInt8(value), as: UInt8.self)
        return 1
    case 0xfd...0xffff:
        target.storeBytes(of: 0xfd, as: UInt8.self)
        target.storeBytes(of: UInt16(value).littleEndian, toByteOffset: 1, as: UInt16.self)
        return 3
    case 0x1_0000...0xffff_ffff:
        target.storeBytes(of: 0xfe, as: UInt8.self)
        target.storeBytes(of: UInt32(value).littleEndian, toByteOffset: 1, as: UInt32.self)
        return 5
    default:
        target.storeBytes(of: 0xff, as: UInt8.self)
        target.storeBytes(of: value.littleEndian, toByteOffset: 1, as: UInt64.self)
        return 9
    }
}

/// Reads a compact `uint` at `offset` and moves past it.
func readUInt(_ source: UnsafeRawPointer, at offset: inout Int) -> UInt64 {
    let first = source.load(fromByteOffset: offset, as: UInt8.self)
    defer { offset += first < 0xfd ? 1 : first == 0xfd ? 3 : first == 0xfe ? 5 : 9 }
    return switch first {
    case 0..<0xfd: UInt64(first)
    case 0xfd: UInt64(UInt16(littleEndian: source.loadUnaligned(fromByteOffset: offset + 1, as: UInt16.self)))
    case 0xfe: UInt64(UInt32(littleEndian: source.loadUnaligned(fromByteOffset: offset + 1, as: UInt32.self)))
    default: UInt64(littleEndian: source.loadUnaligned(fromByteOffset: offset + 1, as: UInt64.self))
    }
}

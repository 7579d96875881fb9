import CompactEncoding

// What all records have in common: a version at their beginning, and nothing after their end.

extension ByteReader {
    /// Reads the version that a record begins with.
    ///
    /// - Throws: `.damaged` where there is none; `.unsupportedVersion` for another than `known`.
    mutating func version(_ known: UInt8, of record: String) throws(StorageRecordError) {
        let version: UInt8
        do throws(CompactDecodingError) {
            version = try uint8()
        } catch {
            throw .damaged(record, error)
        }
        guard version == known else { throw .unsupportedVersion(record, "version \(version)") }
    }

    /// Refuses what is left over: a record that was written is read whole.
    func requireEnd() throws(CompactDecodingError) {
        guard isAtEnd else {
            throw CompactDecodingError(.invalidValue("\(remaining) bytes past the end"), offset: offset)
        }
    }
}

extension StorageRecordError {
    /// A record that does not decode.
    static func damaged(_ record: String, _ cause: CompactDecodingError) -> StorageRecordError {
        StorageRecordError(.damaged, "the \(record) is damaged: \(cause)")
    }

    /// A record with something that this version of the library does not know.
    static func unsupportedVersion(_ record: String, _ what: String) -> StorageRecordError {
        StorageRecordError(
            .unsupportedVersion,
            "the \(record) has \(what), which this version of swift-corestore does not know; use a newer one")
    }
}

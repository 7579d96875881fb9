public import CompactEncoding
import Crypto

/// The encoding of manifests (PROTOCOL §3; `manifest.json`: encoded).
extension CoreManifest {
    private struct Flags: OptionSet {
        let rawValue: UInt64
        static let allowPatch = Flags(rawValue: 1)
        static let prologue = Flags(rawValue: 2)
        static let linked = Flags(rawValue: 4)
        static let userData = Flags(rawValue: 8)
    }

    /// What follows in the encoding of version 0.
    private enum Version0Kind {
        static let prologue: UInt64 = 0
        static let singleSigner: UInt64 = 1
        static let signers: UInt64 = 2
    }

    /// The manifest's bytes, which its key is a hash of.
    public var encoded: [UInt8] {
        var writer = ByteWriter(reservingCapacity: encodedCapacity)
        encode(into: &writer)
        return writer.take()
    }

    /// Room for the manifest's bytes, but for what few have.
    var encodedCapacity: Int { 48 + 65 * signers.count }

    /// Decodes a manifest; bytes after it are ignored.
    ///
    /// - Throws: for bytes that are no encoding, and for a manifest that is none: an unknown version or algorithm, a
    ///   quorum above the number of signers, more than ``Limits`` allow.
    public init(decoding bytes: [UInt8]) throws(CompactDecodingError) {
        var reader = ByteReader(bytes.span.bytes)
        try self.init(from: &reader)
    }

    /// Reads a manifest, which has no length of its own; see ``init(decoding:)``.
    public init(from reader: inout ByteReader) throws(CompactDecodingError) {
        let start = reader.offset
        guard let number = UInt8(exactly: try reader.uint()), let version = Version(rawValue: number) else {
            throw CompactDecodingError(.invalidValue("an unknown manifest version"), offset: start)
        }
        switch version {
        case .v0: try self.init(version0From: &reader, start: start)
        case .v1, .v2: try self.init(version, from: &reader, start: start)
        }
    }

    /// Appends the manifest's bytes.
    public func encode(into writer: inout ByteWriter) {
        writer.uint(UInt64(version.rawValue))
        guard version > .v0 else { return encodeVersion0(into: &writer) }
        var flags: Flags = []
        if allowPatch { flags.insert(.allowPatch) }
        if prologue != nil { flags.insert(.prologue) }
        if linked != nil { flags.insert(.linked) }
        if userData != nil { flags.insert(.userData) }
        writer.uint(flags.rawValue)
        writer.uint(UInt64(hash.rawValue))
        writer.uint(UInt64(quorum))
        writer.array(signers) { writer, signer in signer.encode(into: &writer) }
        if let prologue {
            writer.fixed32(prologue.hash)
            writer.uint(prologue.length)
        }
        if let linked { writer.array(linked) { writer, key in writer.fixed32(key.bytes) } }
        if let userData { writer.buffer(userData) }
    }

    /// Reads what follows the version in versions 1 and 2.
    private init(_ version: Version, from reader: inout ByteReader, start: Int) throws(CompactDecodingError) {
        let flags = Flags(rawValue: try reader.uint())
        let hash = try HashAlgorithm(from: &reader)
        let quorum = try reader.uint()
        let signers = try reader.signers()
        let prologue =
            flags.contains(.prologue) ? Prologue(hash: try reader.fixed32(), length: try reader.uint()) : nil
        let linked = flags.contains(.linked) ? try reader.linkedKeys() : nil
        let userData = flags.contains(.userData) ? try reader.userData() : nil
        try self.init(at: start) { () throws(ManifestError) in
            try CoreManifest(
                exactly: version, hash: hash, allowPatch: flags.contains(.allowPatch),
                quorum: Int(clamping: quorum), signers: signers, prologue: prologue, linked: linked,
                userData: userData)
        }
    }

    /// Reports a manifest that is well-formed but not valid as an error in the bytes that begin at `start`.
    private init(at start: Int, _ make: () throws(ManifestError) -> CoreManifest) throws(CompactDecodingError) {
        do {
            self = try make()
        } catch {
            throw CompactDecodingError(.invalidValue(error.message), offset: start)
        }
    }
}

// MARK: - Version 0

extension CoreManifest {
    private func encodeVersion0(into writer: inout ByteWriter) {
        writer.uint(UInt64(hash.rawValue))
        if let prologue {
            writer.uint(Version0Kind.prologue)
            writer.fixed32(prologue.hash)
        } else if signers.count == 1, quorum == 1, !allowPatch {
            writer.uint(Version0Kind.singleSigner)
            signers[0].encode(into: &writer)
        } else {
            writer.uint(Version0Kind.signers)
            writer.uint(allowPatch ? Flags.allowPatch.rawValue : 0)
            writer.uint(UInt64(quorum))
            writer.array(signers) { writer, signer in signer.encode(into: &writer) }
        }
    }

    /// Reads what follows the version in version 0.
    private init(version0From reader: inout ByteReader, start: Int) throws(CompactDecodingError) {
        let hash = try HashAlgorithm(from: &reader)
        let kindOffset = reader.offset
        let allowPatch: Bool
        let quorum: UInt64
        let signers: [ManifestSigner]
        let prologue: Prologue?
        switch try reader.uint() {
        case Version0Kind.prologue:
            (allowPatch, quorum, signers) = (false, 0, [])
            prologue = Prologue(hash: try reader.fixed32(), length: 0)
        case Version0Kind.singleSigner:
            (allowPatch, quorum, prologue) = (false, 1, nil)
            signers = [try ManifestSigner(from: &reader)]
        case Version0Kind.signers:
            allowPatch = Flags(rawValue: try reader.uint()).contains(.allowPatch)
            quorum = try reader.uint()
            signers = try reader.signers()
            prologue = nil
        default:
            throw CompactDecodingError(.invalidValue("an unknown kind of version 0 manifest"), offset: kindOffset)
        }
        try self.init(at: start) { () throws(ManifestError) in
            try CoreManifest(
                exactly: .v0, hash: hash, allowPatch: allowPatch, quorum: Int(clamping: quorum), signers: signers,
                prologue: prologue, linked: nil, userData: nil)
        }
    }
}

// MARK: - Parts

extension CoreManifest.HashAlgorithm {
    fileprivate init(from reader: inout ByteReader) throws(CompactDecodingError) {
        let start = reader.offset
        guard let number = UInt8(exactly: try reader.uint()), let algorithm = Self(rawValue: number) else {
            throw CompactDecodingError(.invalidValue("an unknown hash algorithm"), offset: start)
        }
        self = algorithm
    }
}

extension ManifestSigner {
    fileprivate init(from reader: inout ByteReader) throws(CompactDecodingError) {
        let start = reader.offset
        guard let number = UInt8(exactly: try reader.uint()), let algorithm = SignatureAlgorithm(rawValue: number)
        else {
            throw CompactDecodingError(.invalidValue("an unknown signature algorithm"), offset: start)
        }
        self.init(
            signature: algorithm, namespace: try reader.fixed32(), publicKey: PublicKey(try reader.fixed32()))
    }

    fileprivate func encode(into writer: inout ByteWriter) {
        writer.uint(UInt64(signature.rawValue))
        writer.fixed32(namespace)
        writer.fixed32(publicKey.bytes)
    }
}

extension ByteReader {
    fileprivate mutating func signers() throws(CompactDecodingError) -> [ManifestSigner] {
        try array(atMost: CoreManifest.Limits.signers, "signers") { (reader) throws(CompactDecodingError) in
            try ManifestSigner(from: &reader)
        }
    }

    fileprivate mutating func linkedKeys() throws(CompactDecodingError) -> [CoreKey] {
        try array(atMost: CoreManifest.Limits.linked, "linked cores") { (reader) throws(CompactDecodingError) in
            CoreKey(try reader.fixed32())
        }
    }

    fileprivate mutating func userData() throws(CompactDecodingError) -> [UInt8] {
        try bytes(atMost: CoreManifest.Limits.userDataByteLength, "user data")
    }
}

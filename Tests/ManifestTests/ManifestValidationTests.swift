import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import TestSupport
import Testing

@Suite struct ManifestValidationTests {
    private let signers = (1...3).map { ManifestSigner(publicKey: KeyPair.seeded(UInt8($0)).publicKey) }
    private let prologue = CoreManifest.Prologue(hash: .zero, length: 7)

    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 2)])
    func theQuorumIsMoreThanHalfUnlessGiven(signerCount: Int, quorum: Int) throws {
        #expect(try CoreManifest(signers: Array(signers.prefix(signerCount))).quorum == quorum)
    }

    @Test func theVersionIsOneUnlessSomethingNeedsTwo() throws {
        #expect(try CoreManifest(signers: signers).version == .v1)
        #expect(try CoreManifest(signers: signers, linked: []).version == .v1)
        #expect(try CoreManifest(signers: signers, linked: []).linked == nil)
        #expect(try CoreManifest(signers: signers, linked: [CoreKey(.zero)]).version == .v2)
        #expect(try CoreManifest(signers: signers, userData: []).version == .v2)
    }

    @Test func aSignerHasTheDefaultNamespaceUnlessGiven() {
        #expect(signers[0].namespace == Namespaces.Log.defaultNamespace)
    }

    @Test(arguments: [-1, 4])
    func aQuorumThatNoSignersCanMeetIsRefused(quorum: Int) {
        expectRefusal(.invalidQuorum) { () throws(ManifestError) in try CoreManifest(quorum: quorum, signers: signers) }
    }

    @Test(arguments: [CoreManifest.Version.v0, .v1])
    func linkedCoresAndUserDataNeedVersion2(version: CoreManifest.Version) {
        expectRefusal(.fieldNotInVersion) { () throws(ManifestError) in
            try CoreManifest(version: version, signers: signers, linked: [CoreKey(.zero)])
        }
        expectRefusal(.fieldNotInVersion) { () throws(ManifestError) in
            try CoreManifest(version: version, signers: signers, userData: [])
        }
    }

    @Test func version0HasNoPlaceForAPrologueBesideAnythingElse() throws {
        let bare = CoreManifest.Prologue(hash: .zero, length: 0)
        #expect(try CoreManifest(version: .v0, signers: [], prologue: bare).prologue == bare)
        expectRefusal(.fieldNotInVersion) { () throws(ManifestError) in
            try CoreManifest(version: .v0, signers: signers, prologue: bare)
        }
        expectRefusal(.fieldNotInVersion) { () throws(ManifestError) in
            try CoreManifest(version: .v0, signers: [], prologue: prologue)
        }
        expectRefusal(.fieldNotInVersion) { () throws(ManifestError) in
            try CoreManifest(version: .v0, allowPatch: true, signers: [], prologue: bare)
        }
    }

    @Test func everyListIsBounded() throws {
        typealias Limits = CoreManifest.Limits
        let most = [ManifestSigner](repeating: signers[0], count: Limits.signers)
        #expect(try CoreManifest(quorum: 1, signers: most).signers.count == Limits.signers)
        expectRefusal(.tooLarge) { () throws(ManifestError) in
            try CoreManifest(quorum: 1, signers: most + [signers[0]])
        }
        expectRefusal(.tooLarge) { () throws(ManifestError) in
            try CoreManifest(signers: [], linked: [CoreKey](repeating: CoreKey(.zero), count: Limits.linked + 1))
        }
        expectRefusal(.tooLarge) { () throws(ManifestError) in
            try CoreManifest(signers: [], userData: [UInt8](repeating: 0, count: Limits.userDataByteLength + 1))
        }
        expectRefusal(.tooLarge) { () throws(ManifestError) in
            try CoreManifest(
                signers: [], prologue: CoreManifest.Prologue(hash: .zero, length: FlatTree.maximumLength + 1))
        }
    }

    @Test func aStaticCoreIsItsPrologue() throws {
        let manifest = try CoreManifest.static(prologue)
        #expect(manifest.isStatic)
        #expect(manifest.version == .v1)
        #expect(try CoreManifest(signers: signers, prologue: prologue).isStatic == false)
    }

    @Test func aManifestBelongsToItsHashAndToItsSingleSignersKey() throws {
        let single = CoreManifest(singleSigner: signers[0].publicKey)
        let compatKey = CoreKey(signers[0].publicKey.bytes)
        #expect(single.belongs(to: single.key))
        #expect(single.belongs(to: compatKey))
        #expect(single.isCompat(with: compatKey))
        #expect(!single.isCompat(with: single.key))
        #expect(!single.belongs(to: CoreKey(.zero)))
        #expect(try !CoreManifest(signers: signers).belongs(to: compatKey))
        #expect(CoreManifest.assumed(for: compatKey) == single)
    }
}

@Suite struct ManifestDecodingTests {
    @Test(arguments: [
        ([3, 0, 0, 0, 0], 0),  // version 3
        ([1, 0, 1, 0, 0], 2),  // hash 1
        ([0, 1, 0], 1),  // hash 1, version 0
        ([0, 0, 3], 2),  // kind 3, version 0
        ([1, 0, 0, 1, 1, 1], 5),  // signature 1
        ([1, 0, 0, 1, 0], 0),  // quorum 1 of none
        ([1, 4, 0, 0, 0, 0], 0),  // linked in version 1
        ([1, 0, 0, 0, 0xfd, 0x01, 0x04], 4),  // 1025 signers
        ([2, 4, 0, 0, 0, 0xfd, 0x01, 0x10], 5),  // 4097 linked cores
    ])
    func whatIsNoManifestIsRefusedWhereItGoesWrong(bytes: [UInt8], offset: Int) throws {
        let error = #expect(throws: CompactDecodingError.self) { try CoreManifest(decoding: bytes) }
        #expect(error?.offset == offset, "\(bytes): \(String(describing: error))")
    }

    @Test func anEmptyListOfLinkedCoresIsKeptBecauseTheKeyCommitsToIt() throws {
        let bytes: [UInt8] = [2, 4, 0, 0, 0, 0]
        #expect(try CoreManifest(decoding: bytes).linked == [])
        #expect(try CoreManifest(decoding: bytes).encoded == bytes)
    }

    @Test func randomBytesNeverTrap() {
        let seed: UInt64 = 0x6d61_6e69
        var generator = SeededGenerator(seed: seed)
        for round in 0..<20_000 {
            var bytes = generator.bytes(Int.random(in: 0...90, using: &generator))
            // Most random bytes fail at the version; these get past it.
            if !bytes.isEmpty { bytes[0] = UInt8.random(in: 0...3, using: &generator) }
            if bytes.count > 4 { for position in 1...4 { bytes[position] &= 0x0f } }
            guard let manifest = try? CoreManifest(decoding: bytes) else { continue }
            #expect(
                (try? CoreManifest(decoding: manifest.encoded)) == manifest,
                "seed \(seed), round \(round): \(bytes.hex)")
        }
    }
}

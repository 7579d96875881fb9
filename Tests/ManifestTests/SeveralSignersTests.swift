import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import TestSupport
import Testing

@Suite struct QuorumTests {
    private let keyPairs = (1...3).map { KeyPair.seeded(UInt8($0)) }
    private let tree: TestTree

    init() throws {
        tree = try TestTree(length: 5)
    }

    @Test(arguments: [CoreManifest.Version.v0, .v1, .v2])
    func anyTwoOfThreeMaySignInAnyOrder(version: CoreManifest.Version) throws {
        let authority = try authority(version)
        for first in 0..<3 {
            for second in 0..<3 where second != first {
                let signature = try authority.assemble([share(first, authority), share(second, authority)])
                #expect(authority.accepts(signature, of: tree.head), "\(first), \(second)")
            }
        }
    }

    @Test(arguments: [CoreManifest.Version.v0, .v1])
    func onlyTheFirstOfThemCount(version: CoreManifest.Version) throws {
        let authority = try authority(version)
        let right = try (0..<3).map { try share($0, authority) }
        let wrong = PartialSignature(signer: 2, signature: right[1].signature)
        #expect(try authority.accepts(authority.assemble([right[0], right[1], wrong]), of: tree.head))
        #expect(try !authority.accepts(authority.assemble([wrong, right[0], right[1]]), of: tree.head))
        #expect(try !authority.accepts(authority.assemble([right[0], wrong, right[1]]), of: tree.head))
    }

    @Test func oneSignerTwiceIsNotTwoSigners() throws {
        let authority = try authority(.v1)
        let share = try share(0, authority)
        expectRefusal(.unknownSigner) { () throws(ManifestError) in try authority.assemble([share, share]) }
        let field: [UInt8] = [2, 0] + share.signature.array + [0, 0] + share.signature.array + [0, 0]
        expectRefusal(.invalidSignature) { () throws(ManifestError) in try authority.verify(field, of: tree.head) }
    }

    @Test func aSignerThatDoesNotExistIsRefused() throws {
        let authority = try authority(.v1)
        let share = try share(0, authority)
        let stranger = PartialSignature(signer: 3, signature: share.signature)
        expectRefusal(.unknownSigner) { () throws(ManifestError) in try authority.assemble([share, stranger]) }
        for signer in [[3], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]] as [[UInt8]] {
            let field = [2, 0] + share.signature.array + [0] + signer + share.signature.array + [0, 0]
            expectRefusal(.invalidSignature) { () throws(ManifestError) in try authority.verify(field, of: tree.head) }
        }
    }

    @Test func fewerThanTheQuorumIsRefused() throws {
        let authority = try authority(.v1)
        let share = try share(0, authority)
        expectRefusal(.quorumNotReached) { () throws(ManifestError) in try authority.assemble([share]) }
        let field = [1, 0] + share.signature.array + [0, 0]
        expectRefusal(.invalidSignature) { () throws(ManifestError) in try authority.verify(field, of: tree.head) }
    }

    @Test func oneSignerAloneSignsOnlyWhereThatIsAQuorum() throws {
        let two = try authority(.v1)
        expectRefusal(.quorumNotReached) { () throws(ManifestError) in
            try TreeSigner(two, signer: keyPairs[1]).signature(of: TreeStatement(tree.head))
        }
        let one = try authority(.v1, quorum: 1)
        let signature = try TreeSigner(one, signer: keyPairs[1]).signature(of: TreeStatement(tree.head))
        #expect(signature.prefix(2) == [1, 1])
        #expect(one.accepts(signature, of: tree.head))
    }

    @Test(arguments: [CoreManifest.Version.v0, .v1, .v2])
    func aQuorumOfZeroIsNeverReached(version: CoreManifest.Version) throws {
        for signerCount in 0...3 {
            let manifest = try CoreManifest(
                version: version, quorum: 0,
                signers: keyPairs.prefix(signerCount).map { ManifestSigner(publicKey: $0.publicKey) })
            let authority = TreeAuthority(manifest: manifest)
            var fields: [[UInt8]?] = [nil, [], [0, 0]]
            if signerCount > 0 {
                let share = try share(0, authority)
                fields += [share.signature.array, [1, 0] + share.signature.array + [0, 0]]
                expectRefusal(.quorumNotReached) { () throws(ManifestError) in try authority.assemble([share]) }
            }
            for field in fields {
                #expect(!authority.accepts(field, of: tree.head), "\(signerCount) signers")
            }
        }
    }

    @Test func theSignableLengthIsTheLongestThatAQuorumHasReached() throws {
        let authority = try authority(.v1)
        #expect(authority.signableLength(ofSigned: [4, 9, 6]) == 6)
        #expect(authority.signableLength(ofSigned: [4, 9]) == 4)
        #expect(authority.signableLength(ofSigned: [9]) == 0)
    }

    @Test func oneKeyMayBeDeclaredTwice() throws {
        let signers = [0, 1, 0].map { ManifestSigner(publicKey: keyPairs[$0].publicKey) }
        let authority = TreeAuthority(manifest: try CoreManifest(signers: signers))
        let statement = TreeStatement(tree.head)
        let shares = [
            try TreeSigner(authority, signer: keyPairs[0]).share(of: statement),
            try TreeSigner(authority, index: 2, signer: keyPairs[0]).share(of: statement),
        ]
        #expect(shares.map(\.signer) == [0, 2])
        #expect(authority.accepts(try authority.assemble(shares), of: tree.head))
    }

    @Test func randomSignatureFieldsNeverTrap() throws {
        let seed: UInt64 = 0x7369_676e
        var generator = SeededGenerator(seed: seed)
        let authorities = [try authority(.v0, allowPatch: true), try authority(.v1, allowPatch: true)]
        for round in 0..<5_000 {
            var field = generator.bytes(Int.random(in: 0...400, using: &generator))
            if !field.isEmpty { field[0] %= 5 }
            for authority in authorities {
                #expect(!authority.accepts(field, of: tree.head), "seed \(seed), round \(round): \(field.hex)")
            }
        }
    }

    private func authority(
        _ version: CoreManifest.Version, quorum: Int = 2, allowPatch: Bool = false
    ) throws -> TreeAuthority {
        TreeAuthority(
            manifest: try CoreManifest(
                version: version, allowPatch: allowPatch, quorum: quorum,
                signers: keyPairs.map { ManifestSigner(publicKey: $0.publicKey) }))
    }

    private func share(_ signer: Int, _ authority: TreeAuthority) throws -> PartialSignature {
        try TreeSigner(authority, signer: keyPairs[signer]).share(of: TreeStatement(tree.head))
    }
}

@Suite struct PatchTests {
    private let keyPairs = (1...2).map { KeyPair.seeded(UInt8($0)) }

    @Test(arguments: [CoreManifest.Version.v0, .v1])
    func aSignerOfAnyLongerTreeVouchesForAnyShorterOne(version: CoreManifest.Version) throws {
        let authority = try authority(version, allowPatch: true)
        let longest = try TestTree(length: 18)
        let trees = try (UInt64(0)...18).map { try TestTree(length: $0) }
        for length in 1..<18 {
            for signedLength in (length + 1)...18 {
                let shares = [
                    try share(0, authority, of: trees[length]),
                    try share(1, authority, of: trees[signedLength], patching: UInt64(length), reading: longest),
                ]
                let signature = try authority.assemble(shares)
                #expect(authority.accepts(signature, of: trees[length].head), "\(length) of \(signedLength)")
                #expect(!authority.accepts(signature, of: trees[length - 1].head), "\(length) of \(signedLength)")
                #expect(!authority.accepts(signature, of: trees[signedLength].head), "\(length) of \(signedLength)")
            }
        }
    }

    @Test(arguments: [CoreManifest.Version.v0, .v1])
    func twoPatchesShareTheirNodes(version: CoreManifest.Version) throws {
        let authority = try authority(version, allowPatch: true)
        let longest = try TestTree(length: 16)
        let shares = [
            try share(0, authority, of: TestTree(length: 16), patching: 8, reading: longest),
            try share(1, authority, of: TestTree(length: 12), patching: 8, reading: longest),
        ]
        #expect(shares.compactMap(\.patch).map(\.nodes.count) == [1, 1])
        #expect(authority.accepts(try authority.assemble(shares), of: try TestTree(length: 8).head))
        let twice = [shares[0], PartialSignature(signer: 1, signature: shares[0].signature, patch: shares[0].patch)]
        let node = 1 + 1 + 32
        let base = version == .v0 ? 1 + 2 * (66 + 4) + 1 : 1 + 2 * 66 + 1
        #expect(try authority.assemble(twice).count == base + node)
    }

    @Test func withoutLeaveAPatchIsIgnored() throws {
        let authority = try authority(.v1, allowPatch: false)
        let tree = try TestTree(length: 4)
        let shares = try (0..<2).map { try share($0, authority, of: tree) }
        let field = shares.reduce(into: [2] as [UInt8]) { $0 += [UInt8($1.signer)] + $1.signature.array + [9] } + [0]
        #expect(authority.accepts(field, of: tree.head))

        let longer = try share(1, authority, of: TestTree(length: 6), patching: 4, reading: TestTree(length: 6))
        expectRefusal(.invalidSignature) { () throws(ManifestError) in try authority.assemble([shares[0], longer]) }
    }

    @Test func aPatchThatLeadsNowhereIsRefused() throws {
        let authority = try authority(.v1, allowPatch: true)
        let tree = try TestTree(length: 4)
        let share = try share(0, authority, of: tree)
        let lengths: [[UInt8]] = [[1], [0xfe, 0, 0, 0, 0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]]
        for length in lengths {
            let field = [2, 0] + share.signature.array + length + [1] + share.signature.array + length + [0]
            expectRefusal(.invalidSignature) { () throws(ManifestError) in try authority.verify(field, of: tree.head) }
        }
    }

    @Test func aMissingOrChangedNodeIsRefused() throws {
        let authority = try authority(.v1, allowPatch: true)
        let tree = try TestTree(length: 5)
        var longer = try share(1, authority, of: TestTree(length: 16), patching: 5, reading: TestTree(length: 16))
        let nodes = try #require(longer.patch?.nodes)
        #expect(nodes.count == 3)
        let own = try share(0, authority, of: tree)
        for position in nodes.indices {
            longer.patch?.nodes = nodes
            longer.patch?.nodes.remove(at: position)
            #expect(try !authority.accepts(authority.assemble([own, longer]), of: tree.head))
            longer.patch?.nodes = nodes
            longer.patch?.nodes[position].size += 1
            #expect(try !authority.accepts(authority.assemble([own, longer]), of: tree.head))
            longer.patch?.nodes[position].size = 1 << 53 - 1
            #expect(try !authority.accepts(authority.assemble([own, longer]), of: tree.head))
        }
        longer.patch?.nodes = nodes.reversed()
        #expect(try authority.accepts(authority.assemble([own, longer]), of: tree.head), "nodes are found by index")
    }

    private func authority(_ version: CoreManifest.Version, allowPatch: Bool) throws -> TreeAuthority {
        TreeAuthority(
            manifest: try CoreManifest(
                version: version, allowPatch: allowPatch,
                signers: keyPairs.map { ManifestSigner(publicKey: $0.publicKey) }))
    }

    private func share(
        _ signer: Int, _ authority: TreeAuthority, of tree: TestTree, patching length: UInt64? = nil,
        reading nodes: TestTree? = nil
    ) throws -> PartialSignature {
        var share = try TreeSigner(authority, signer: keyPairs[signer]).share(of: TreeStatement(tree.head))
        if let length, let nodes {
            share.patch = try PartialSignature.Patch(from: length, to: tree.head.length, reading: nodes.nodes)
        }
        return share
    }
}

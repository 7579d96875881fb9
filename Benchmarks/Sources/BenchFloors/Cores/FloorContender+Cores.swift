import BenchHarness

extension FloorContender {
    func createMany(_ workload: Workload, at directory: String, _ meter: borrowing Meter) -> String {
        let pattern = BlockPattern(length: workload.blockLength)
        var maker = CoreMaker(at: directory)
        var digest = ReadDigest()
        meter.start()
        for core in 0..<workload.coreCount {
            maker.make(CoreName.ofMany(core))
            maker.append([pattern.block(at: core)])
            digest.add(maker.treeHash)
        }
        meter.stop()
        return digest.hexadecimal
    }

    func openMany(_ workload: Workload, from directory: String, _ meter: borrowing Meter) -> String {
        meter.start()
        var opener = CoreOpener(at: directory)
        let cores = (0..<workload.coreCount).map { opener.open(CoreName.ofMany($0)) }
        meter.stop()
        return digest(of: cores)
    }

    /// Memory counts from after the store was opened.
    func holdOpen(_ workload: Workload, from directory: String, _ meter: borrowing Meter) -> String {
        var opener = CoreOpener(at: directory)
        meter.start()
        let cores = (0..<workload.coreCount).map { opener.open(CoreName.ofMany($0)) }
        meter.stop()
        return digest(of: cores)
    }

    func openSparse(_ workload: Workload, from directory: String, _ meter: borrowing Meter) -> String {
        var opener = CoreOpener(at: directory)
        // The first openings bring pages in, of either core.
        _ = (opener.open(CoreName.short), opener.open(CoreName.sparse))
        meter.start()
        for _ in 0..<workload.openingCount { _ = opener.open(CoreName.short) }
        meter.mark()
        for _ in 0..<workload.openingCount { _ = opener.open(CoreName.sparse) }
        meter.stop()
        let core = opener.open(CoreName.sparse)
        return core.treeHash.withUnsafeBytes(hexadecimal) + "-\(core.contiguousLength)"
    }

    private func digest(of cores: [OpenCore]) -> String {
        var digest = ReadDigest()
        for core in cores { digest.add(core.treeHash) }
        return digest.hexadecimal
    }
}

// MARK: - Filling

extension FloorContender {
    func fillCores(_ workload: Workload, at directory: String) {
        let pattern = BlockPattern(length: workload.blockLength)
        var maker = CoreMaker(at: directory)
        for core in 0..<workload.coreCount {
            maker.make(CoreName.ofMany(core))
            maker.append([pattern.block(at: core)])
        }
    }

    /// A short core that is whole, and a long one that lacks the second block of every two.
    func fillSparse(_ workload: Workload, at directory: String) {
        let pattern = BlockPattern(length: workload.blockLength)
        var maker = CoreMaker(at: directory)
        maker.make(CoreName.short)
        maker.append((0..<workload.batchLength).map(pattern.block(at:)))
        maker.make(CoreName.sparse)
        var batches = BlockBatches(workload)
        while let batch = batches.next() { maker.append(batch) { $0.isMultiple(of: 2) } }
        maker.storePresenceOfEveryOther()
    }
}

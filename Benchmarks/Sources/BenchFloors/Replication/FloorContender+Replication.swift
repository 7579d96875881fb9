import BenchHarness

extension FloorContender {
    func pipe(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) -> String {
        var pipe = LogPipe(
            from: place.requiredSource, to: place.scratch, blockLength: workload.blockLength)
        meter.start()
        let treeHash = pipe.run(blockCount: workload.blockCount)
        meter.stop()
        return treeHash
    }

    func download(_ workload: Workload, in place: RunPlace, _ meter: borrowing Meter) throws -> String {
        let server = try ServingProcess(.floor, workload, from: place.requiredSource)
        guard let port = UInt16(server.announcement) else { throw ServingProcess.Failure.noAnnouncement }
        meter.start()
        let connection = try Loopback.connect(port: port)
        var log = LogReceiver(at: place.scratch, blockLength: workload.blockLength, over: connection)
        let treeHash = log.run(blockCount: workload.blockCount)
        meter.stop()
        try server.finish()
        return treeHash
    }
}

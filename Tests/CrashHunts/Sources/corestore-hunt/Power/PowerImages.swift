import HuntDisk
import StorageEngine

/// What was found of one disk.
struct PowerVerdict: Sendable {
    let image: Int
    let outcome: String
    let violations: [String]
}

/// The disks that one record leads to, and the processes that look at them.
///
/// A process of its own looks, so that one that a broken store ends or holds up is a red disk and not the end of the hunt.
struct PowerImages: Sendable {
    let trace: String
    /// Which files of the record stand for which of the record before, where there was one.
    let inodes: String
    let storeSeed: UInt64
    let lossSeed: UInt64
    let durability: Durability
    let sabotage: SyncKind?
    let images: Int

    private static let timeoutMilliseconds: Int32 = 60_000

    /// The arguments of a process that looks at these disks.
    func arguments(trace: String, inodes: String, directory: String) -> [String] {
        [
            "power-images", trace, inodes, directory, "--store-seed", "\(storeSeed)", "--loss-seed", "\(lossSeed)",
            "--durability",
            durability.rawValue, "--images", "\(images)",
        ] + (sabotage.map { ["--sabotage", $0.rawValue] } ?? [])
    }

    /// Has every `workers`th disk looked at; blocks until that is done.
    func look(worker: Int, of workers: Int, in directory: String, bootID: String) throws -> [PowerVerdict] {
        var verdicts: [PowerVerdict] = []
        var next = worker
        while next < images {
            let process = try ChildProcess(
                Programs.hunt,
                arguments(trace: trace, inodes: inodes, directory: directory) + [
                    "--from", "\(next)", "--step", "\(workers)",
                ],
                environment: [
                    "LD_PRELOAD": Programs.shim, "HUNT_BOOT_ID": bootID,
                    "HUNT_INODES": PowerImagesCommand.inodes(of: directory),
                ])
            var violations: [String] = []
            reading: while true {
                switch process.readLine(timeoutMilliseconds: Self.timeoutMilliseconds) {
                case .line(let line):
                    if line.hasPrefix("red ") {
                        violations.append(String(line.dropFirst(4)))
                    } else if line.hasPrefix("done ") {
                        verdicts.append(
                            PowerVerdict(image: next, outcome: String(line.dropFirst(5)), violations: violations))
                        violations = []
                        next += workers
                    }
                case .end:
                    let end = process.wait()
                    if end == .exited(0), next >= images { break reading }
                    verdicts.append(
                        PowerVerdict(
                            image: next, outcome: "ended the process",
                            violations: ["opens: the process that looked \(end)"]))
                    next += workers
                    break reading
                case .timedOut:
                    process.kill()
                    verdicts.append(
                        PowerVerdict(
                            image: next, outcome: "hung",
                            violations: ["opens: nothing came of it in \(Self.timeoutMilliseconds / 1000) s"]))
                    next += workers
                    break reading
                }
            }
        }
        return verdicts
    }
}

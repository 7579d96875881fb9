import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The environments in a store's directory: the one that the pointer names, and those that compaction is writing or
/// has not removed yet.
extension StoreDirectory {
    /// The path of an environment's file.
    func dataPath(of environment: String) -> String { path + "/" + environment + "/data.mdb" }

    /// Makes an empty directory for another environment, and returns its name. No number is used while it is taken.
    func createEnvironment() throws(StorageError) -> String {
        let numbers = try environmentNames().compactMap { Int($0.dropFirst("data/".count)) }
        let (number, overflow) = (numbers.max() ?? 0).addingReportingOverflow(1)
        guard !overflow else {
            throw StorageError(.corrupt, "\(path)/data holds an environment of too high a number; it is damaged")
        }
        let name = "data/\(number)"
        guard mkdir(path + "/" + name, 0o700) == 0 else { throw .cannotWrite(path + "/" + name, errorNumber: errno) }
        return name
    }

    /// Removes what a compaction that was cut off has left behind.
    ///
    /// A process may have died between replacing the pointer and bringing that to the disk. Then a power cut would
    /// bring back the old pointer, so the old environment goes only after that.
    func removeEnvironments(besides current: String) {
        let leftovers = (try? environmentNames().filter { $0 != current }) ?? []
        guard !leftovers.isEmpty, descriptor.synchronize() else { return }
        for leftover in leftovers { removeEnvironment(leftover) }
    }

    /// Removes an environment, as far as that works: what stays costs nothing but space, and is removed at the next
    /// opening. A process that has it open reads on.
    func removeEnvironment(_ name: String) {
        let directory = path + "/" + name
        for file in (try? Self.names(in: directory)) ?? [] { unlink(directory + "/" + file) }
        rmdir(directory)
    }

    private func environmentNames() throws(StorageError) -> [String] {
        try Self.names(in: path + "/data")
            .map { "data/" + $0 }
            .filter { EnvironmentPointer.isEnvironment($0[...]) }
    }
}

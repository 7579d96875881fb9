import BenchHarness

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The library that counts large copies in a process that it is loaded into; it is built beside this program.
enum CopyCounter {
    /// What the environment of a process has to say for its copies to be counted: nothing where the library is missing.
    static var environment: [String: String] {
        var folder = ChildProcess.thisProgram
        while let last = folder.popLast(), last != "/" {}
        let library = folder + "/libCopyCounter.so"
        return access(library, R_OK) == 0 ? ["LD_PRELOAD": library] : [:]
    }
}

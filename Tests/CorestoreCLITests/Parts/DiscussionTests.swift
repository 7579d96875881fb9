import Testing

@testable import CorestoreCLI

@Suite struct DiscussionTests {
    @Test func isTakenApartIntoParagraphsAndSections() {
        let discussion = Discussion(
            "First\nline.\n\nSecond.\n\nEXAMPLES\n  corestore one\n    indented\n\nEXIT STATUS\n  0  done\n\nLast.")
        #expect(discussion.paragraphs == ["First line.", "Second.", "Last."])
        #expect(discussion.sections.map(\.heading) == ["EXAMPLES", "EXIT STATUS"])
        #expect(discussion.sections[0].lines == ["corestore one", "  indented"])
        #expect(discussion.sections[1].lines == ["0  done"])
    }

    @Test func nothingIsNothing() {
        #expect(Discussion("").paragraphs.isEmpty)
        #expect(Discussion("CAPITALS").paragraphs == ["CAPITALS"])
    }
}

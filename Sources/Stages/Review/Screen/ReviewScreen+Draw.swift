import Records

extension ReviewScreen {
  /// The picture of the moment.
  func draw() -> CellCanvas {
    var canvas = CellCanvas(width: width, height: height)
    let smallest = ScreenFrame.smallest
    guard width >= smallest.width, height >= smallest.height else {
      let lines = [
        "This terminal has \(width) columns and \(height) rows.",
        "The review needs \(smallest.width) by \(smallest.height).",
        "Make it larger; nothing is lost.",
      ]
      for (row, line) in lines.enumerated() { canvas.put(line, x: 0, y: row) }
      return canvas
    }
    let frame = frame
    drawHead(&canvas, frame)
    drawBody(&canvas, frame)
    drawFoot(&canvas, frame)
    return canvas
  }

  // MARK: Head

  private func drawHead(_ canvas: inout CellCanvas, _ frame: ScreenFrame) {
    var left = CellLine(" ")
    left.append(queue.name, .title)
    left.append("  " + ScreenText.question(queue.task, isMultiple: queue.isMultiple), .dim)
    if width >= 100 { left.append("  \(desk.labeler)", .dim) }
    // What matters least gives way first.
    var right = figures(parts: 4)
    for parts in (0..<4).reversed() where left.width + right.width + 3 > width {
      right = figures(parts: parts)
    }
    canvas.put(left.cut(to: max(1, width - right.width - 2)), x: 0, y: 0)
    canvas.put(right, x: width - right.width - 1, y: 0)

    let state = state()
    canvas.put(why().cut(to: max(1, width - state.width - 2)), x: 0, y: 1)
    canvas.put(state, x: width - state.width - 1, y: 1)
    drawRule(&canvas, y: 2, frame, joint: "┬")
  }

  /// How far it is, how fast, and how well people agree; of the words after the bar so many parts.
  private func figures(parts: Int) -> CellLine {
    var line = CellLine()
    let cells = width >= 120 ? 20 : width >= 80 ? 12 : 8
    let share = progress.wanted > 0 ? Double(progress.answers) / Double(progress.wanted) : 0
    // A little done is seen, and only all of it fills the bar.
    var full = Int(Double(cells) * min(1, share))
    if progress.answers > 0, full == 0 { full = 1 }
    if share < 1, full == cells { full = cells - 1 }
    line.append(String(repeating: "█", count: full), .bar)
    line.append(String(repeating: "░", count: cells - full), .barRest)
    line.append(" \(ScreenText.count(progress.answers))/\(ScreenText.count(progress.wanted))", .plain)
    if parts >= 4 { line.append(" · you \(ScreenText.count(progress.own))", .dim) }
    if parts >= 2, let pace = progress.pace {
      line.append(" · \(ScreenText.count(Int(pace.rounded())))/h", .dim)
    }
    if parts >= 1, let alpha = progress.alpha {
      line.append(" · α \(ScreenText.hundredths(alpha))", .dim)
      if parts >= 3, let low = progress.alphaLow, let high = progress.alphaHigh {
        line.append(" (\(ScreenText.hundredths(low))–\(ScreenText.hundredths(high)))", .dim)
      }
    }
    return line
  }

  private func why() -> CellLine {
    var line = CellLine(" ")
    guard let held else { return line }
    if held.suggestion == nil { line.append("here because ", .dim) }
    line.append(ScreenText.why(held.item.reason))
    if let said = held.suggestion {
      line.append("  ")
      line.append("models: \(said.label) (\(ScreenText.hundredths(said.probability)))", .warning)
    }
    if held.item.answer != nil { line.append("  you answered it", .warning) }
    return line
  }

  private func state() -> CellLine {
    if case .paused = mode { return CellLine("paused", .warning) }
    guard let held else { return CellLine() }
    var line = CellLine()
    if held.isFlagged { line.append("flagged  ", .warning) }
    if !held.notes.isEmpty { line.append(ScreenText.counted(held.notes.count, "note") + "  ", .warning) }
    line.append("item \(held.item.item)", .dim)
    let seconds = Int((held.expires - clock.wall()) / 1_000_000)
    if width >= 80 || seconds < 120 {
      line.append(" · ", .dim)
      line.append(ScreenText.held(seconds), seconds < 120 ? .warning : .dim)
    }
    return line
  }

  private func drawRule(_ canvas: inout CellCanvas, y: Int, _ frame: ScreenFrame, joint: String) {
    canvas.put(String(repeating: "─", count: width), .frame, x: 0, y: y)
    if frame.guideline > 0, frame.conversation > 0, showsPanes {
      canvas.put(joint, .frame, x: frame.conversation, y: y)
    }
  }

  /// Whether conversation and guideline are seen.
  private var showsPanes: Bool {
    switch mode {
    case .work, .edit, .prompt(.note, _), .prompt(.skip, _), .prompt(.search, _), .skip, .revealed:
      held != nil
    default: false
    }
  }

  private var isEditing: Bool {
    if case .edit = mode { return true }
    return false
  }

  // MARK: Body

  private func drawBody(_ canvas: inout CellCanvas, _ frame: ScreenFrame) {
    let y = ScreenFrame.head
    switch mode {
    case .help(let top):
      let lines = helpLines()
      let first = min(top, max(0, lines.count - frame.body))
      mode = .help(top: first)
      for (row, line) in lines.dropFirst(first).prefix(frame.body).enumerated() {
        canvas.put(line, x: 1, y: y + row)
      }
    case .list, .prompt(.listSearch, _): drawList(&canvas, frame)
    case .confirm(let text, let top):
      let lines = TextDiff.lines(original, text, width: min(width - 3, 110))
      let first = min(top, max(0, lines.count - (frame.body - 2)))
      mode = .confirm(text, top: first)
      canvas.put("What your correction changes", .title, x: 1, y: y)
      for (row, line) in lines.dropFirst(first).prefix(frame.body - 2).enumerated() {
        canvas.put(line, x: 1, y: y + 2 + row)
      }
    case .lost(let text, let top): drawLost(&canvas, frame, text, top)
    case .paused:
      drawCentred(
        &canvas, frame,
        [
          ("Paused", .title), ("", .plain), ("The text is hidden, and time does not count.", .plain),
          ("The item has gone back; you get it again if nobody took it.", .plain), ("", .plain),
          ("Any key goes on.", .dim),
        ])
    case .goldPaused(let right, let of):
      drawCentred(
        &canvas, frame,
        [
          ("Time for a pause", .title), ("", .plain),
          ("Of your last \(of) answers that could be checked, \(right) agreed with what is known.", .plain),
          ("This queue asks for more, so your work in it is paused. All your answers are kept.", .plain),
          ("", .plain),
          ("Please talk with whoever runs the queue: often the guideline is what needs mending.", .plain),
          ("", .plain), ("Thank you for your care.", .dim),
        ])
    case .empty:
      drawCentred(
        &canvas, frame,
        [
          ("Nothing left for you here", .title), ("", .plain),
          ("Every item has its answers, or is with a colleague.", .plain),
          ("You have answered \(ScreenText.counted(progress.own, "item")) in this queue.", .dim),
        ])
    case .edit(var editor):
      drawPanes(&canvas, frame, rows: frame.body / 3)
      let from = y + frame.body / 3
      let columns = frame.conversation > 0 ? frame.conversation : width
      canvas.fill(x: 0, y: from, width: columns, height: frame.body - frame.body / 3)
      var title = CellLine("── your correction ", .title)
      title.append(String(repeating: "─", count: max(0, columns - title.width)), .frame)
      canvas.put(title, x: 0, y: from, limit: columns)
      let room = min(columns - 3, ReviewDocument.readable)
      let height = frame.body - frame.body / 3 - 1
      let view = editor.view(width: room, height: height)
      for row in 0..<height {
        canvas.put("▎", row < view.rows.count ? .warning : .frame, x: 0, y: from + 1 + row)
        if row < view.rows.count { canvas.put(view.rows[row], x: 2, y: from + 1 + row, limit: room) }
      }
      canvas.cursor = (2 + view.cursor.x, from + 1 + view.cursor.y)
      mode = .edit(editor)
    default: drawPanes(&canvas, frame, rows: frame.body)
    }
  }

  private func drawPanes(_ canvas: inout CellCanvas, _ frame: ScreenFrame, rows: Int) {
    let y = ScreenFrame.head
    if frame.conversation > 0, let document {
      for (row, line) in document.view(from: top, height: rows).enumerated() {
        canvas.put(line, x: 0, y: y + row, limit: frame.conversation)
      }
    }
    guard frame.guideline > 0 else { return }
    let x = frame.conversation > 0 ? frame.conversation : -1
    for row in 0..<frame.body where x >= 0 {
      canvas.put("│", isInGuideline ? .frameStrong : .frame, x: x, y: y + row)
    }
    let columns = frame.guideline - 3
    if guidelineWidth != columns {
      guidelineLines = GuidelineText.lines(queue.guideline, width: columns)
      guidelineWidth = columns
    }
    guidelineTop = max(0, min(guidelineTop, guidelineLines.count - frame.body))
    let wanted = isInGuideline ? search.lowercased() : ""
    for (row, line) in guidelineLines.dropFirst(guidelineTop).prefix(frame.body).enumerated() {
      let isHit = !wanted.isEmpty && line.text.lowercased().contains(wanted)
      canvas.put(isHit ? line.styled(.match) : line, x: x + 2, y: y + row, limit: columns + 1)
    }
  }

  private func drawCentred(
    _ canvas: inout CellCanvas, _ frame: ScreenFrame, _ lines: [(text: String, style: CellStyle)]
  ) {
    let wrapped = lines.flatMap { WrappedText.lines($0.text, $0.style, width: min(width - 8, 80)) }
    let from = ScreenFrame.head + max(0, (frame.body - wrapped.count) / 2)
    for (row, line) in wrapped.enumerated() where row < frame.body {
      canvas.put(line, x: max(0, (width - line.width) / 2), y: from + row)
    }
  }

  private func drawLost(_ canvas: inout CellCanvas, _ frame: ScreenFrame, _ text: String, _ top: Int) {
    let y = ScreenFrame.head
    let lines = [
      CellLine("This item is yours no longer: its time was over, and a colleague may have it.", .bad),
      CellLine(
        "Nothing was stored. Here is what you wrote, to copy; \(queue.key(of: .editor)) opens it in your editor.",
        .plain),
    ].flatMap { WrappedText.lines($0.cells, width: width - 2) }
    for (row, line) in lines.enumerated() { canvas.put(line, x: 1, y: y + row) }
    // No bar at the left, so that only the text is copied.
    var layout = TextLayout(Array(text.utf8), width: width - 2)
    let room = max(1, frame.body - lines.count - 1)
    layout.extend(lines: top + room)
    let first = max(0, min(top, layout.lineCount - room))
    mode = .lost(text, top: first)
    for row in 0..<room where first + row < layout.lineCount {
      canvas.put(layout.cells(first + row, style: .plain), x: 0, y: y + lines.count + 1 + row)
    }
  }

  private func drawList(_ canvas: inout CellCanvas, _ frame: ScreenFrame) {
    let y = ScreenFrame.head
    var title = CellLine(" ")
    for filter in ReviewFilter.allCases {
      title.append(" \(filter.rawValue) ", filter == listing.filter ? .chosen : .dim)
      title.append(" ")
    }
    if !listing.search.isEmpty { title.append("  holds '\(listing.search)'", .match) }
    canvas.put(title, x: 0, y: y)
    let rows = max(1, frame.body - 2)
    if listing.selected < listing.top { listing.top = listing.selected }
    if listing.selected >= listing.top + rows { listing.top = listing.selected - rows + 1 }
    if listing.items.isEmpty { canvas.put("no such item", .dim, x: 2, y: y + 2) }
    for (row, item) in listing.items.dropFirst(listing.top).prefix(rows).enumerated() {
      let isChosen = listing.top + row == listing.selected
      var line = CellLine(isChosen ? " › " : "   ", .strong)
      let number = "\(item.item)"
      line.append(String(repeating: " ", count: max(0, 8 - number.count)) + number, .dim)
      line.append(item.isFlagged ? "  !  " : "     ", .warning)
      let word = item.isSkipped ? "skipped" : item.labels.isEmpty ? "·" : item.labels.joined(separator: ", ")
      line.append(CellLine(word, item.labels.isEmpty ? .dim : .label).cut(to: 18))
      line.pad(to: 36)
      if width >= 80 {
        line.append(CellLine(ScreenText.why(item.reason), .plain).cut(to: 28))
        line.pad(to: 66)
      }
      line.append(item.interaction, .dim)
      line = line.cut(to: width - 1)
      canvas.put(isChosen ? line.styled(.chosen) : line, x: 0, y: y + 2 + row)
    }
  }

  private func helpLines() -> [CellLine] {
    let rows = ReviewKeyTable.rows(queue)
    let wide = rows.map(\.keys.count).max() ?? 0
    var lines: [CellLine] = []
    for (section, title) in ReviewKeyTable.sections {
      if !lines.isEmpty { lines.append(CellLine()) }
      lines.append(CellLine(title, .title))
      for row in rows where row.section == section {
        var first = CellLine("  ")
        first.append(row.keys, .strong)
        first.pad(to: min(wide, 22) + 4)
        lines += WrappedText.lines(
          SafeText.cells(row.text, .plain), width: width - 2, first: first,
          rest: CellLine(String(repeating: " ", count: min(wide, 22) + 4)))
      }
    }
    return lines
  }

  // MARK: Foot

  private func drawFoot(_ canvas: inout CellCanvas, _ frame: ScreenFrame) {
    var y = ScreenFrame.head + frame.body
    drawRule(&canvas, y: y, frame, joint: "┴")
    if showsPanes, !isEditing, let document, frame.conversation > 0 {
      let end = document.move(top, by: frame.body)
      let isAll = top == ReviewDocument.Position() && document.move(top, by: frame.body - 1) == end
      if !isAll {
        let isEnd = document.move(top, by: frame.body - 1) == end
        let share = isEnd ? 100 : Int(document.share(top) * 100)
        let text = CellLine(" \(share) % ", .dim)
        canvas.put(text, x: frame.conversation - text.width - 2, y: y)
      }
    }
    if message.width > 0 {
      canvas.put(" ", x: 1, y: y)
      let text = message.cut(to: width - 14)
      canvas.put(text, x: 2, y: y)
      canvas.put(" ", x: 2 + text.width, y: y)
    }
    y += 1
    if case .prompt(let prompt, var editor) = mode {
      let title: String
      switch prompt {
      case .note: title = " note: "
      case .skip: title = " skip, since: "
      case .search: title = isInGuideline ? " search in the guideline: " : " search: "
      case .listSearch: title = " id or note holds: "
      }
      let first = CellLine(title, .strong)
      canvas.put(first, x: 0, y: y)
      let view = editor.view(width: width - first.width - 1, height: 1)
      if let row = view.rows.first { canvas.put(row, x: first.width, y: y) }
      canvas.cursor = (first.width + view.cursor.x, y)
      mode = .prompt(prompt, editor)
      y += 1
    } else {
      for line in choiceLines {
        canvas.put(line, x: 0, y: y)
        y += 1
      }
    }
    for line in keyLines {
      canvas.put(line, x: 0, y: y)
      y += 1
    }
  }
}

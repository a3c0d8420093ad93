import CNcurses
import Foundation

/// Why the screen cannot be shown.
public enum ReviewTerminalFault: Error, Sendable, Equatable {
  /// Standard input or standard output is no terminal.
  case notTerminal
  /// TERM names a terminal that cannot move its cursor, or none that is known.
  case unable(String)
}

/// What the terminal is told from outside.
public struct ReviewTerminalOptions: Sendable {
  /// Which background it has.
  public var theme: ReviewTheme
  /// The variables of the process: `TERM`, `NO_COLOR`, `COLORFGBG`, `VISUAL`, `EDITOR`, `TMPDIR`.
  public var environment: [String: String]
  /// Descriptor that keys come from.
  public var input: Int32
  /// Descriptor that the screen goes to.
  public var output: Int32

  /// States the options.
  public init(theme: ReviewTheme, environment: [String: String], input: Int32, output: Int32) {
    self.theme = theme
    self.environment = environment
    self.input = input
    self.output = output
  }

  /// Whether there is a terminal, as far as that can be told without opening it.
  /// - Throws: ``ReviewTerminalFault``.
  public func check() throws {
    guard isatty(input) == 1, isatty(output) == 1 else { throw ReviewTerminalFault.notTerminal }
    let name = environment["TERM"] ?? ""
    guard !name.isEmpty, name != "dumb" else { throw ReviewTerminalFault.unable(name) }
  }
}

/// The thin layer over ncurses: paints rows that have changed, and reads keys.
final class CursesTerminal {
  private let window: UnsafeMutablePointer<WINDOW>
  private let theme: ScreenTheme
  private var painted: [[Cell]] = []
  private var attributes: [attr_t] = []

  private static let codes: [(sequence: String, code: Int32, key: ScreenKey?)] = [
    ("\u{1B}[1;5D", 2001, .wordLeft), ("\u{1B}[1;5C", 2002, .wordRight), ("\u{1B}[1;3D", 2001, .wordLeft),
    ("\u{1B}[1;3C", 2002, .wordRight), ("\u{1B}[1;5H", 2003, .textStart), ("\u{1B}[1;5F", 2004, .textEnd),
    ("\u{1B}[200~", 2010, nil), ("\u{1B}[201~", 2011, nil),
  ]
  private static let pasteStart: Int32 = 2010
  private static let pasteEnd: Int32 = 2011

  /// Opens the terminal.
  /// - Throws: ``ReviewTerminalFault``.
  init(_ options: ReviewTerminalOptions) throws {
    try options.check()
    let name = options.environment["TERM"] ?? ""
    _ = CharacterClass.locale
    TerminalGuard.remember(input: options.input, output: options.output)
    guard cncurses_open() != nil, let window = cncurses_window() else {
      throw ReviewTerminalFault.unable(name)
    }
    guard tigetstr("cup").map({ Int(bitPattern: $0) > 0 }) ?? false else {
      endwin()
      throw ReviewTerminalFault.unable(name)
    }
    self.window = window
    let hasColors = (options.environment["NO_COLOR"] ?? "").isEmpty && has_colors()
    theme = ScreenTheme(
      theme: options.theme.resolved(colors: options.environment["COLORFGBG"]),
      colors: hasColors ? Int(tigetnum("colors")) : 0)
    raw()
    noecho()
    nonl()
    keypad(window, true)
    nodelay(window, true)
    // A lone Esc is told after 25 ms (ncurses' own default of a second is for lines of 1200 baud).
    set_escdelay(25)
    for code in Self.codes { define_key(code.sequence, code.code) }
    setUpStyles(hasColors)
    curs_set(0)
    ask()
  }

  private func setUpStyles(_ hasColors: Bool) {
    if hasColors {
      start_color()
      use_default_colors()
    }
    for style in CellStyle.allCases {
      let look = theme.look(style)
      attributes.append(
        cncurses_attributes(
          look.isBold ? 1 : 0, look.isDim ? 1 : 0, look.isUnderlined ? 1 : 0, look.isReversed ? 1 : 0))
      if hasColors { init_pair(Int16(style.rawValue) + 1, look.foreground, look.background) }
    }
  }

  /// Asks the terminal to tell pasted text from keys, and to leave the order of characters to this program.
  private func ask() { cncurses_send("\u{1B}[?2004h\u{1B}[8l") }

  /// Gives the terminal back.
  func suspend() {
    cncurses_send("\u{1B}[?2004l\u{1B}[8h")
    endwin()
  }

  /// Takes the terminal again after ``suspend()``.
  func resume() {
    wrefresh(window)
    ask()
    repaint()
  }

  /// Forgets what stands on the screen, so that all is painted.
  func repaint() {
    painted = []
    clearok(window, true)
  }

  var size: (width: Int, height: Int) { (Int(getmaxx(window)), Int(getmaxy(window))) }

  // MARK: Painting

  func paint(_ canvas: CellCanvas) {
    var rows = canvas.rows
    VisualOrder.fence(&rows)
    if painted.count != rows.count || painted.first?.count != rows.first?.count {
      painted = []
      werase(window)
    }
    for (y, row) in rows.enumerated() where painted.isEmpty || painted[y] != row { paint(row, y) }
    painted = rows
    if let cursor = canvas.cursor {
      wmove(window, Int32(cursor.y), Int32(cursor.x))
      curs_set(1)
    } else {
      curs_set(0)
    }
    wrefresh(window)
  }

  private func paint(_ row: [Cell], _ y: Int) {
    wmove(window, Int32(y), 0)
    var index = 0
    var text: [wchar_t] = []
    while index < row.count {
      let style = row[index].style
      text.removeAll(keepingCapacity: true)
      while index < row.count, row[index].style == style {
        for scalar in row[index].text.unicodeScalars { text.append(wchar_t(bitPattern: scalar.value)) }
        index += 1
      }
      let pair = theme.colors > 0 ? Int16(style.rawValue) + 1 : 0
      wattr_set(window, attributes[Int(style.rawValue)], pair, nil)
      waddnwstr(window, text, Int32(text.count))
    }
    wattr_set(window, 0, 0, nil)
  }

  // MARK: Keys

  /// The next key that has come; nil where none has.
  func key() -> ScreenKey? {
    guard let (code, isCode) = read() else { return nil }
    if isCode { return code == Self.pasteStart ? pasted() : Self.key(code) }
    // A key with Alt comes as Esc and the key at once; it is none of ours, and its letter no answer.
    if code == 27 {
      guard read() != nil else { return .escape }
      while read() != nil {}
      return .unknown
    }
    return Self.character(code)
  }

  private func read() -> (code: Int32, isCode: Bool)? {
    var value: wint_t = 0
    switch wget_wch(window, &value) {
    case ERR: return nil
    case KEY_CODE_YES: return (Int32(bitPattern: value), true)
    default: return (Int32(bitPattern: value), false)
    }
  }

  /// What comes until the end of a paste, at most a megabyte, and no longer than a second without a byte.
  private func pasted() -> ScreenKey {
    var text = String.UnicodeScalarView()
    var waits = 0
    while waits < 100, text.count < 1_000_000 {
      guard let (code, isCode) = read() else {
        waits += 1
        usleep(10_000)
        continue
      }
      waits = 0
      if isCode {
        if code == Self.pasteEnd { break }
      } else if let scalar = Unicode.Scalar(UInt32(bitPattern: code)) {
        text.append(scalar == "\r" ? "\n" : scalar)
      }
    }
    return .paste(String(text))
  }

  private static func character(_ code: Int32) -> ScreenKey {
    switch code {
    case 10, 13: return .enter
    case 9: return .tab
    case 8, 127: return .backspace
    default:
      return Unicode.Scalar(UInt32(bitPattern: code)).map { .character(Character($0)) } ?? .unknown
    }
  }

  private static func key(_ code: Int32) -> ScreenKey {
    switch code {
    case KEY_UP: .up
    case KEY_DOWN: .down
    case KEY_LEFT: .left
    case KEY_RIGHT: .right
    case KEY_PPAGE: .pageUp
    case KEY_NPAGE: .pageDown
    case KEY_HOME: .home
    case KEY_END: .end
    case KEY_ENTER: .enter
    case KEY_BACKSPACE: .backspace
    case KEY_DC: .delete
    case KEY_BTAB: .backTab
    case KEY_RESIZE: .resize
    default: codes.first { $0.code == code }?.key ?? .unknown
    }
  }
}

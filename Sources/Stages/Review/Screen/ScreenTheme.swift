/// Which background the terminal has; the background itself is left as it is.
public enum ReviewTheme: String, Sendable, CaseIterable {
  /// By the variable `COLORFGBG`, as rxvt, Konsole and others set it; dark where it is not set.
  case auto
  /// Bright text.
  case dark
  /// Dark text.
  case light

  /// The theme for a terminal.
  /// - Parameter colors: the variable `COLORFGBG`: foreground and background as numbers of the 16 colours.
  /// - Returns: dark or light.
  func resolved(colors: String?) -> ReviewTheme {
    guard self == .auto else { return self }
    let background = colors?.split(separator: ";").last.flatMap { Int($0) }
    return background == 7 || background == 15 ? .light : .dark
  }
}

/// How a style looks: colours by number, -1 for the terminal's own, and attributes.
struct StyleLook: Sendable, Equatable {
  var foreground: Int16 = -1
  var background: Int16 = -1
  var isBold = false
  var isDim = false
  var isUnderlined = false
  var isReversed = false

  static func color(_ foreground: Int16, on background: Int16 = -1, bold: Bool = false) -> StyleLook {
    StyleLook(foreground: foreground, background: background, isBold: bold)
  }
}

/// The looks of all styles for a number of colours.
///
/// With 256 colours they are of the cube and the greys of xterm, picked for a contrast of 4.5 or more to
/// black or white (WCAG 2.1, AA) where text is to be read.
struct ScreenTheme: Sendable {
  let theme: ReviewTheme
  /// 256, 16, 8, or 0 for none.
  let colors: Int

  func look(_ style: CellStyle) -> StyleLook {
    if colors >= 256 { return theme == .light ? light(style) : dark(style) }
    return colors >= 8 ? basic(style) : plain(style)
  }

  private func dark(_ style: CellStyle) -> StyleLook {
    switch style {
    case .plain: StyleLook()
    case .dim: .color(246)
    case .strong: StyleLook(isBold: true)
    case .title: .color(117, bold: true)
    case .system: .color(140)
    case .user: .color(114, bold: true)
    case .assistant: .color(110, bold: true)
    case .tool: .color(180)
    case .mark: .color(217, on: 52)
    case .joined: StyleLook(isUnderlined: true)
    case .finding: .color(229, on: 58)
    case .match: .color(16, on: 220)
    case .good: .color(114, bold: true)
    case .bad: .color(210, bold: true)
    case .warning: .color(221)
    case .key: .color(255, on: 239, bold: true)
    case .label: StyleLook(isBold: true)
    case .chosen: .color(16, on: 114, bold: true)
    case .bar: .color(114)
    case .barRest: .color(240)
    case .added: .color(157, on: 22)
    case .removed: .color(217, on: 52)
    case .frame: .color(240)
    case .frameStrong: .color(117)
    case .cursor: StyleLook(isReversed: true)
    }
  }

  private func light(_ style: CellStyle) -> StyleLook {
    switch style {
    case .plain: StyleLook()
    case .dim: .color(241)
    case .strong: StyleLook(isBold: true)
    case .title: .color(25, bold: true)
    case .system: .color(96)
    case .user: .color(28, bold: true)
    case .assistant: .color(25, bold: true)
    case .tool: .color(94)
    case .mark: .color(124, on: 224)
    case .joined: StyleLook(isUnderlined: true)
    case .finding: .color(58, on: 229)
    case .match: .color(16, on: 220)
    case .good: .color(28, bold: true)
    case .bad: .color(124, bold: true)
    case .warning: .color(94)
    case .key: .color(16, on: 252, bold: true)
    case .label: StyleLook(isBold: true)
    case .chosen: .color(231, on: 28, bold: true)
    case .bar: .color(28)
    case .barRest: .color(250)
    case .added: .color(22, on: 194)
    case .removed: .color(88, on: 224)
    case .frame: .color(249)
    case .frameStrong: .color(25)
    case .cursor: StyleLook(isReversed: true)
    }
  }

  /// The eight colours, whose shades the user's terminal picks; bright ones where there are 16.
  private func basic(_ style: CellStyle) -> StyleLook {
    let isLight = theme == .light
    let yellow: Int16 = isLight ? 5 : 3
    switch style {
    case .dim: return colors >= 16 && !isLight ? .color(7) : StyleLook(isDim: true)
    case .title, .frameStrong: return .color(isLight ? 4 : 6, bold: true)
    case .system: return .color(5)
    case .user, .good: return .color(2, bold: true)
    case .assistant: return .color(isLight ? 4 : 6, bold: true)
    case .tool, .warning: return .color(yellow)
    case .mark, .removed: return .color(7, on: 1)
    case .finding: return StyleLook(foreground: yellow, isUnderlined: true)
    case .match: return .color(0, on: 3)
    case .bad: return .color(1, bold: true)
    case .chosen: return .color(0, on: 2)
    case .bar: return .color(2)
    case .added: return .color(0, on: 2)
    case .frame, .barRest: return colors >= 16 ? .color(8) : StyleLook(isDim: true)
    default: return plain(style)
    }
  }

  private func plain(_ style: CellStyle) -> StyleLook {
    switch style {
    case .plain, .frame, .bar, .barRest, .tool, .system, .warning: StyleLook()
    case .dim: StyleLook(isDim: true)
    case .strong, .title, .user, .assistant, .good, .bad, .label, .frameStrong: StyleLook(isBold: true)
    case .mark, .key, .match, .cursor: StyleLook(isReversed: true)
    case .joined, .finding, .removed: StyleLook(isUnderlined: true)
    case .chosen: StyleLook(isBold: true, isReversed: true)
    case .added: StyleLook(isBold: true)
    }
  }
}

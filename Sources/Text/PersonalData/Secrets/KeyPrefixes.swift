/// The prefixes that issuers give to their keys, and what follows them.
///
/// Sources: the issuers' documentation, GitHub's list of secret scanning patterns and the rules of gitleaks
/// 8. The least lengths are at or below the issued ones, so that a key of a newer form or a key that lost its
/// end is found as well.
enum KeyPrefixes {
  /// What a key is written in behind its prefix.
  enum Alphabet: UInt8 {
    /// Letters and digits.
    case alphanumeric
    /// Letters, digits and underscores.
    case word
    /// Letters, digits, underscores and hyphens: base64url.
    case token
    /// Hexadecimal digits.
    case hex
    /// Base64 and base64url, with full stops.
    case base64
    /// Base64url and full stops.
    case dotted
  }

  /// One prefix.
  struct Entry: Sendable {
    let prefix: StaticString
    let alphabet: Alphabet
    /// The least length behind the prefix, in bytes.
    let least: Int
    /// Whether a digit must be among them, as in all keys that are long and random.
    let needsDigit: Bool

    init(_ prefix: StaticString, _ alphabet: Alphabet, _ least: Int, digit: Bool = true) {
      self.prefix = prefix
      self.alphabet = alphabet
      self.least = least
      needsDigit = digit
    }
  }

  /// All prefixes, by what they belong to.
  ///
  /// Each ends in `_`, `-` or `.`, which is where a scan meets it.
  static let all: [Entry] = [
    // Language models: OpenAI (also sk-proj-, sk-svcacct-, sk-admin-), Anthropic sk-ant-, OpenRouter sk-or-.
    Entry("sk-", .token, 20), Entry("gsk_", .alphanumeric, 40), Entry("r8_", .alphanumeric, 30),
    Entry("hf_", .alphanumeric, 30, digit: false), Entry("api_org_", .alphanumeric, 30, digit: false),
    Entry("xai-", .alphanumeric, 40), Entry("pplx-", .alphanumeric, 32), Entry("nvapi-", .token, 40),
    Entry("tgp_v1_", .token, 30), Entry("csk-", .alphanumeric, 32), Entry("tvly-", .token, 20),
    Entry("lsv2_pt_", .word, 32), Entry("lsv2_sk_", .word, 32), Entry("ls__", .alphanumeric, 32),
    Entry("llx-", .alphanumeric, 32), Entry("pcsk_", .word, 40), Entry("jina_", .alphanumeric, 40),
    Entry("e2b_", .hex, 40), Entry("fc-", .hex, 32),
    // Code and packages: GitHub, GitLab, npm, PyPI, RubyGems, Docker, Sourcegraph, Clojars.
    Entry("ghp_", .alphanumeric, 36, digit: false), Entry("gho_", .alphanumeric, 36, digit: false),
    Entry("ghs_", .alphanumeric, 36, digit: false), Entry("ghu_", .alphanumeric, 36, digit: false),
    Entry("ghr_", .alphanumeric, 36, digit: false), Entry("github_pat_", .word, 22, digit: false),
    Entry("glpat-", .dotted, 20), Entry("gloas-", .token, 40), Entry("gldt-", .token, 20),
    Entry("glrt-", .dotted, 20), Entry("glcbt-", .token, 20), Entry("glptt-", .hex, 40),
    Entry("glft-", .token, 20), Entry("glsoat-", .token, 20), Entry("glimt-", .token, 20),
    Entry("glagent-", .token, 40), Entry("glffct-", .token, 20),
    Entry("npm_", .alphanumeric, 36, digit: false), Entry("pypi-", .token, 20), Entry("rubygems_", .hex, 48),
    Entry("dckr_pat_", .token, 20), Entry("dckr_oat_", .token, 20), Entry("sgp_", .word, 40),
    Entry("CLOJARS_", .alphanumeric, 60),
    // Clouds and hosting: DigitalOcean, Google, Cloudflare, Heroku, Fly, Netlify, Supabase, PlanetScale,
    // Scalingo.
    Entry("dop_v1_", .hex, 40), Entry("doo_v1_", .hex, 40), Entry("dor_v1_", .hex, 40),
    Entry("GOCSPX-", .token, 20), Entry("ya29.", .dotted, 30),
    Entry("HRKU-", .token, 36), Entry("fo1_", .token, 40), Entry("fm1r_", .base64, 80),
    Entry("fm1a_", .base64, 80),
    Entry("fm2_", .base64, 80), Entry("nfp_", .alphanumeric, 36), Entry("sbp_", .hex, 40),
    Entry("sb_secret_", .token, 20), Entry("pscale_tkn_", .dotted, 32), Entry("pscale_pw_", .dotted, 32),
    Entry("pscale_oauth_", .dotted, 32), Entry("tk-us-", .token, 40),
    // Secrets and operations: HashiCorp Vault, Doppler, Databricks' kin, Pulumi, Prefect, Grafana, Sentry,
    // New Relic.
    Entry("hvs.", .token, 24), Entry("hvb.", .token, 24), Entry("hvr.", .token, 24),
    Entry("dp.pt.", .alphanumeric, 40), Entry("dp.st.", .dotted, 40), Entry("dp.ct.", .alphanumeric, 40),
    Entry("dp.sa.", .alphanumeric, 40), Entry("dp.scim.", .alphanumeric, 40),
    Entry("dp.audit.", .alphanumeric, 40),
    Entry("pul-", .hex, 40), Entry("pnu_", .alphanumeric, 36), Entry("glsa_", .word, 32),
    Entry("glc_", .base64, 32),
    Entry("sntrys_", .base64, 40), Entry("sntryu_", .hex, 60), Entry("NRAK-", .alphanumeric, 27),
    Entry("NRJS-", .alphanumeric, 19), Entry("NRII-", .token, 32), Entry("dt0c01.", .dotted, 80),
    Entry("tskey-auth-", .token, 20), Entry("tskey-api-", .token, 20), Entry("ico-", .alphanumeric, 32),
    // Payment and shops: Stripe, Shopify, Square, Shippo, Duffel, Flutterwave, Razorpay.
    Entry("sk_live_", .alphanumeric, 16, digit: false), Entry("rk_live_", .alphanumeric, 16, digit: false),
    Entry("pk_live_", .alphanumeric, 16, digit: false), Entry("whsec_", .base64, 24),
    Entry("shpat_", .hex, 32),
    Entry("shpca_", .hex, 32), Entry("shppa_", .hex, 32), Entry("shpss_", .hex, 32),
    Entry("sq0atp-", .token, 22),
    Entry("sq0csp-", .token, 40), Entry("shippo_live_", .hex, 40), Entry("duffel_live_", .token, 40),
    Entry("FLWSECK-", .token, 32), Entry("FLWSECK_TEST-", .token, 12), Entry("rzp_live_", .alphanumeric, 14),
    // Messages and mail: Slack, Brevo, Mailgun, Typeform.
    Entry("xoxa-", .token, 10), Entry("xoxb-", .token, 10), Entry("xoxe-", .token, 10),
    Entry("xoxp-", .token, 10),
    Entry("xoxr-", .token, 10), Entry("xoxs-", .token, 10), Entry("xoxo-", .token, 10),
    Entry("xapp-", .token, 20),
    Entry("xkeysib-", .token, 64), Entry("key-", .hex, 32), Entry("tfp_", .token, 40),
    // Work tools: Linear, Notion, Postman, Figma, ReadMe, Adobe, 42, Frame.io.
    Entry("lin_api_", .alphanumeric, 40), Entry("lin_oauth_", .alphanumeric, 40),
    Entry("ntn_", .alphanumeric, 40),
    Entry("secret_", .alphanumeric, 43), Entry("PMAK-", .token, 40), Entry("figd_", .token, 40),
    Entry("rdme_", .alphanumeric, 60), Entry("p8e-", .alphanumeric, 32), Entry("s-s4t2ud-", .hex, 60),
    Entry("fio-u-", .token, 60), Entry("aio_", .alphanumeric, 28),
  ]

  /// Which pairs of bytes the prefixes have before their last byte, for ``tail(_:_:)`` less 256: 1, or 0 for
  /// none.
  static let tails: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 1024)
    for entry in all {
      let bytes = entry.prefix.utf8Start
      let last = entry.prefix.utf8CodeUnitCount - 1
      // A prefix of two bytes, of which none is, could stand behind anything.
      table[pair(bytes[last - 2], bytes[last - 1])] = 1
    }
    return table
  }()

  @inline(__always)
  private static func pair(_ first: UInt8, _ second: UInt8) -> Int { (Int(first) << 5 ^ Int(second)) & 1023 }

  /// Where the scanner's table says whether a prefix may end at the byte at `place`.
  @inline(__always)
  static func tail(_ text: ScanText, _ place: Int) -> Int {
    256 + pair(text.at(place - 2), text.at(place - 1))
  }

  /// The longest prefix, in bytes.
  static let longest = 13

  private struct Slot: Sendable {
    var tail: UInt64 = 0
    var length: UInt8 = 0
    var index: UInt8 = 0
  }

  /// The prefixes by their last eight bytes and length: open addressing, a quarter full.
  private static let slots: [Slot] = {
    var slots = [Slot](repeating: Slot(), count: 512)
    for (index, entry) in all.enumerated() {
      let length = entry.prefix.utf8CodeUnitCount
      var tail: UInt64 = 0
      for place in 0..<length { tail = tail << 8 | UInt64(entry.prefix.utf8Start[place]) }
      var slot = home(tail, length)
      while slots[slot].length != 0 { slot = (slot + 1) & 511 }
      slots[slot] = Slot(tail: tail, length: UInt8(length), index: UInt8(index))
    }
    return slots
  }()

  @inline(__always)
  private static func home(_ tail: UInt64, _ length: Int) -> Int {
    Int(truncatingIfNeeded: ((tail ^ UInt64(length)) &* 0x9E37_79B9_7F4A_7C15) >> 55)
  }

  /// The prefix that stands from `start` to `end`, its last byte included.
  static func entry(_ text: ScanText, _ start: Int, _ end: Int) -> Entry? {
    var tail: UInt64 = 0
    for place in start..<end { tail = tail << 8 | UInt64(text.base[place]) }
    var slot = home(tail, end - start)
    while slots[slot].length != 0 {
      if slots[slot].tail == tail, Int(slots[slot].length) == end - start {
        let entry = all[Int(slots[slot].index)]
        return text.has(entry.prefix, at: start) ? entry : nil
      }
      slot = (slot + 1) & 511
    }
    return nil
  }
}

extension KeyPrefixes.Alphabet {
  /// Whether a byte belongs to the alphabet.
  @inline(__always)
  func has(_ byte: UInt8) -> Bool {
    switch self {
    case .alphanumeric: byte.isAlphanumeric
    case .word: byte.isWord
    case .token: byte.isToken
    case .hex: byte.isHex
    case .base64: byte.isToken || byte == 0x2B || byte == 0x2F || byte == 0x3D || byte == 0x2E
    case .dotted: byte.isToken || byte == 0x2E
    }
  }
}

import Testing
import Text

@Suite struct CredentialTests {
  typealias Case = PersonalDataTests.Case

  private static let hex32 = "0123456789abcdef0123456789abcdef"
  private static let mixed40 = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6lM9o"

  struct Key: Sendable, CustomTestStringConvertible {
    let prefix: String
    let body: String
    var testDescription: String { prefix }

    init(_ prefix: String, _ body: String) {
      self.prefix = prefix
      self.body = body
    }
  }

  private static let keys: [Key] =
    [
      "gsk_", "hf_", "api_org_", "lin_api_", "ntn_", "npm_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_",
      "github_pat_",
      "glpat-", "gldt-", "glrt-", "glcbt-", "glft-", "glsoat-", "glimt-", "glagent-", "glffct-", "gloas-",
      "xai-", "pplx-",
      "nvapi-", "tgp_v1_", "csk-", "tvly-", "lsv2_pt_", "lsv2_sk_", "llx-", "pcsk_", "jina_", "GOCSPX-",
      "ya29.", "hvs.",
      "hvb.", "hvr.", "dp.pt.", "dp.st.", "pnu_", "glsa_", "glc_", "tskey-auth-", "sq0csp-", "sq0atp-",
      "whsec_",
      "sk_live_", "rk_live_", "xoxb-", "xapp-", "NRAK-", "dckr_pat_", "figd_", "PMAK-", "HRKU-", "nfp_",
      "pypi-", "sk-",
      "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-ant-api03-", "sk-or-v1-", "r8_", "ico-", "sb_secret_",
      "pscale_tkn_",
      "duffel_live_", "aio_", "fo1_", "tfp_", "p8e-", "AIza", "ATATT3", "GR1348941",
    ].map { Key($0, mixed40) }
    + [
      "dop_v1_", "doo_v1_", "dor_v1_", "shpat_", "shpca_", "shppa_", "shpss_", "key-", "pul-", "sbp_", "e2b_",
      "fc-",
      "glptt-", "shippo_live_",
    ].map { Key($0, hex32 + "01234567") }
    + [
      Key("secret_", mixed40 + "abc"), Key("rdme_", mixed40 + mixed40), Key("rubygems_", hex32 + hex32),
      Key("sntryu_", hex32 + hex32), Key("xkeysib-", hex32 + hex32 + "-aB3dE6gH9jK2mN5p"), Key("dapi", hex32),
      Key("SK", hex32), Key("dt0c01.", mixed40 + "." + mixed40), Key("CLOJARS_", mixed40 + mixed40),
      Key("EAAA", mixed40 + mixed40),
      Key("AGE-SECRET-KEY-1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE"),
      Key("LTAI", "5tAbCdEfGhIjKlMnOpQr"), Key("AKCp", mixed40 + mixed40), Key("ABIA", "IOSFODNN7EXAMPLE"),
      Key("123456789:", "AA" + mixed40.prefix(33)), Key("pat", "aB3dE6gH9jK2mN." + hex32 + hex32),
      Key("MTk4NjIyNDgzNDcxOTI1MjQ4.", "Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWsabc"),
      Key("abc8Q~", mixed40.prefix(34).description), Key(hex32, "-us12"), Key(hex32, "-01234567-89abcdef"),
    ]

  @Test(arguments: keys)
  func keyInText(_ key: Key) {
    let value = key.prefix + key.body
    #expect(finds(in: "the key is \(value), keep it") == ["SECRET:\(value)"])
    #expect(finds(in: "\"\(value)\"") == ["SECRET:\(value)"])
    // Within a longer token, or cut to a stump, it is none.
    #expect(!finds(in: "zz_\(value)").contains("SECRET:\(value)"))
    #expect(finds(in: "see \(key.prefix)…") == [])
  }

  @Test(arguments: [
    Case("password: hunter2!", "SECRET:hunter2"), Case("Password = \"S3cr3t pass\"", ""),
    Case("password=Tr0ub4dor&x=1", "SECRET:Tr0ub4dor"),
    Case("{\"password\": \"p4ssw0rd-x\"}", "SECRET:p4ssw0rd-x"),
    Case("{\\\"db_password\\\":\\\"Zx9#kk12\\\"}", "SECRET:Zx9#kk12"),
    Case("DB_PASS='9f8s7d6f'", "SECRET:9f8s7d6f"),
    Case("my password is hunter22, ok", "SECRET:hunter22"), Case("Passwort: Sommer2024", "SECRET:Sommer2024"),
    Case("contraseña: Verano2024", "SECRET:Verano2024"), Case("pwd => 'abc-123-x'", "SECRET:abc-123-x"),
    Case("api_key=aB3dE6gH9jK2mN5p", "SECRET:aB3dE6gH9jK2mN5p"),
    Case("API key: aB3dE6gH9jK2mN5p", "SECRET:aB3dE6gH9jK2mN5p"),
    Case("x-api-key: 9f86d081884c7d65", "SECRET:9f86d081884c7d65"),
    Case("client_secret: \"aB3dE6gH9jK2mN5pQ8\"", "SECRET:aB3dE6gH9jK2mN5pQ8"),
    Case(
      "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      "SECRET:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    Case(
      "AKIAIOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "SECRET:AKIAIOSFODNN7EXAMPLE",
      "SECRET:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    Case(
      "AccountKey=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==;EndpointSuffix=x",
      "SECRET:Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA=="),
    Case("https://x.org/a?access_token=2YotnFZFEjr1zCsicMWpAA&b=1", "SECRET:2YotnFZFEjr1zCsicMWpAA"),
    Case("https://x.org/?sv=1&sig=aB3dE6gH9jK2mN5pQ8%2BsT%3D", "SECRET:aB3dE6gH9jK2mN5pQ8%2BsT%3D"),
    Case("?X-Amz-Signature=9f86d081884c7d659a2feaa0c55ad015", "SECRET:9f86d081884c7d659a2feaa0c55ad015"),
    Case("?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEJr7aB3dE6", "SECRET:IQoJb3JpZ2luX2VjEJr7aB3dE6"),
    Case("/cb?code=SplxlOBeZQQYbYS6WxSbIA", "SECRET:SplxlOBeZQQYbYS6WxSbIA"),
    Case("Authorization: Basic dXNlcjpwYXNzd29yZA==", "SECRET:dXNlcjpwYXNzd29yZA=="),
    Case(
      "https://hooks.slack.com/services/T00000001/B00000001/aB3dE6gH9jK2mN5pQ8sT1vW4",
      "SECRET:T00000001/B00000001/aB3dE6gH9jK2mN5pQ8sT1vW4"),
    Case(
      "https://discord.com/api/webhooks/123456789012345678/" + mixed40 + "aB3dE6gH9jK2mN5pQ8sT1vW4",
      "SECRET:123456789012345678/" + mixed40 + "aB3dE6gH9jK2mN5pQ8sT1vW4"),
    Case(
      "\"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQ\\n-----END PRIVATE KEY-----\\n\"",
      "SECRET:-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQ\\n-----END PRIVATE KEY-----"),
  ])
  func named(_ item: Case) { #expect(finds(in: item.text) == item.expected.filter { !$0.isEmpty }) }

  @Test(arguments: [
    Case("password: required"), Case("The password: it must have 8 characters."), Case("password: ********"),
    Case("password=xxxxxxxx1"), Case("password: <your password>"), Case("password: ${DB_PASSWORD}"),
    Case("password = getpass()"), Case("password=os.environ['P4']"), Case("passwords: 12345678 of them"),
    Case("password: [SECRET_1]"), Case("password: abc1"), Case("passenger: Smith-42x"),
    Case("password is required"),
    Case("the password is wrong"), Case("token: str"), Case("max_tokens: 4096"),
    Case("tokens=128000000000000000000"),
    Case("token=your-token-goes-here-1"), Case("api_key = config.get_api_key_from_2"),
    Case("api_key: YOUR_API_KEY_123"),
    Case("api_key=aaaaaaaaaaaaaaaaaaaa1"), Case("keyboard: aB3dE6gH9jK2mN5p"),
    Case("monkey=aB3dE6gH9jK2mN5p"),
    Case("private_key: ed25519.Ed25519PrivateKey"), Case("secret: the_quick_brown_fox_2"), Case("?code=200"),
    Case("?code=some-error-code-name-2"), Case("code: SplxlOBeZQQYbYS6WxSbIA"), Case("?key=home"),
    Case("sig=none"),
    Case("Authorization: Basic auth"), Case("design=aB3dE6gH9jK2mN5p"),
    Case("primary_key=customer_id_number_1"),
    Case("https://hooks.slack.com/docs"), Case("token: https://example.com/a1b2c3d4e5f6"),
    Case("Secret:\nAb3dE6gH9jK2mN5pQ8"),
    Case("a = b"), Case("key-value-pairs-and-more-pairs-of-them"),
    Case("some_snake_case_name_that_is_long_1"),
    Case("sk-learn-contrib-project-name"), Case("https://discord.com/api/webhooks/docs"),
  ])
  func notNamed(_ item: Case) { #expect(finds(in: item.text) == []) }
}

/** The files `basalt init` writes. */

/** config.toml with the options people change first; the rest is in docs/config.md. */
export function configTemplate(projectId: string): string {
  return `# Configuration of this project. All options with their defaults: docs/config.md
# The names are those of the Supabase CLI; our own are in [basalt].

# Tells projects on this machine apart.
project_id = ${JSON.stringify(projectId)}

[api]
port = 54321
# Schemas the data API exposes. The first is the default.
schemas = ["public"]
# Added to the search path of every request.
extra_search_path = ["public", "extensions"]
# The most rows a request returns.
max_rows = 1000

[db]
port = 54322

[db.seed]
enabled = true
# Globs relative to this folder, run in this order on a new database.
sql_paths = ["./seed.sql"]

[auth]
# Your application's URL: links in mails lead there.
site_url = "http://127.0.0.1:3000"
additional_redirect_urls = ["https://127.0.0.1:3000"]
# Seconds an access token is valid, at most 604800.
jwt_expiry = 3600
enable_signup = true
enable_anonymous_sign_ins = false
minimum_password_length = 6
# "", "letters_digits", "lower_upper_letters_digits" or "lower_upper_letters_digits_symbols"
password_requirements = ""
# For anything but development, from the environment or a .env file:
# jwt_secret = "env(AUTH_JWT_SECRET)"

[auth.email]
enable_signup = true
# Users must confirm their address before they can sign in.
enable_confirmations = false

[basalt]
# Metrics and health.
admin_port = 54328
log_level = "info"
# Your own Postgres, 15 or later, instead of the embedded one:
# db_url = "env(DATABASE_URL)"
`
}

export const gitignoreTemplate = `# Data and state of basalt start
.branches
.temp

# Secrets
.env.local
.env.*.local
`

export const seedTemplate = `-- Data for development, loaded into a new database after the migrations.
`

// SPDX-License-Identifier: Apache-2.0

/// The site where no folder is given: one page.
enum BuiltInPage {
  static let html = Array(
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <title>Welcome</title>
    <style>body { max-width: 35em; margin: 3em auto; font-family: sans-serif; }</style>
    </head>
    <body>
    <h1>Welcome</h1>
    <p>This web server is running. There is no content yet.</p>
    </body>
    </html>

    """.utf8)
}

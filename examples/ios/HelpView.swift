import SwiftUI
import WebKit

/// Shows your help page, which embeds the window. In Info.plist:
/// NSCameraUsageDescription, for photos that are taken; WebKit asks for the rest by
/// itself. Do not ignore the safe area around this view: the window's box stands at
/// its lower edge.
struct HelpView: UIViewRepresentable {
    let page = URL(string: "https://wallet.example/help")!
    /// The payment that help is wanted with, if any.
    var transaction: String?

    func makeCoordinator() -> Coordinator { Coordinator(host: page.host, transaction: transaction) }

    func makeUIView(context: Context) -> WKWebView {
        let configuration = WKWebViewConfiguration()
        // A file is opened a moment after the touch, when its link has come.
        configuration.preferences.javaScriptCanOpenWindowsAutomatically = true
        let web = WKWebView(frame: .zero, configuration: configuration)
        web.navigationDelegate = context.coordinator
        web.uiDelegate = context.coordinator
        context.coordinator.web = web
        web.load(URLRequest(url: page))
        return web
    }

    func updateUIView(_ web: WKWebView, context: Context) {}

    final class Coordinator: NSObject, WKNavigationDelegate, WKUIDelegate {
        let host: String?
        let transaction: String?
        weak var web: WKWebView?
        init(host: String?, transaction: String?) {
            self.host = host
            self.transaction = transaction
        }

        /// Links and files in answers open outside, those alone that a browser, mail or
        /// telephone opens.
        private func open(_ url: URL?) {
            guard let url, ["https", "http", "mailto", "tel"].contains(url.scheme?.lowercased() ?? "") else { return }
            UIApplication.shared.open(url) { opened in
                if !opened { self.failed(url) }
            }
        }

        /// Where no app takes a mailto or tel link, the address itself is of use.
        private func failed(_ url: URL) {
            let address = url.absoluteString.components(separatedBy: ":").dropFirst().joined(separator: ":")
            let text = String(format: NSLocalizedString("No app on this phone opens %@", comment: ""), address)
            let alert = UIAlertController(title: nil, message: text, preferredStyle: .alert)
            alert.addAction(UIAlertAction(title: NSLocalizedString("Close", comment: ""), style: .cancel))
            web?.window?.rootViewController?.present(alert, animated: true)
        }

        func webView(_ web: WKWebView, createWebViewWith configuration: WKWebViewConfiguration, for action: WKNavigationAction, windowFeatures: WKWindowFeatures) -> WKWebView? {
            open(action.request.url)
            return nil
        }

        // Your page and the window stay in.
        func webView(_ web: WKWebView, decidePolicyFor action: WKNavigationAction, decisionHandler: @escaping (WKNavigationActionPolicy) -> Void) {
            guard action.targetFrame?.isMainFrame == true, let url = action.request.url, url.host != host else { return decisionHandler(.allow) }
            open(url)
            decisionHandler(.cancel)
        }

        // The window opens at once, about the payment that the app was asked about.
        func webView(_ web: WKWebView, didFinish navigation: WKNavigation!) {
            var about = ""
            if let transaction, let quoted = try? JSONEncoder().encode(transaction) {
                about = ", { transaction: \(String(decoding: quoted, as: UTF8.self)) }"
            }
            web.evaluateJavaScript("kefu('open'\(about))")
        }
    }
}

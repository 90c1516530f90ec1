import SwiftUI
import WebKit

/// Shows your help page, which embeds the window. Pictures need
/// NSCameraUsageDescription in Info.plist.
struct HelpView: UIViewRepresentable {
    let page = URL(string: "https://wallet.example/help")!

    func makeCoordinator() -> Coordinator { Coordinator(host: page.host) }

    func makeUIView(context: Context) -> WKWebView {
        let web = WKWebView()
        web.navigationDelegate = context.coordinator
        web.uiDelegate = context.coordinator
        web.load(URLRequest(url: page))
        return web
    }

    func updateUIView(_ web: WKWebView, context: Context) {}

    final class Coordinator: NSObject, WKNavigationDelegate, WKUIDelegate {
        let host: String?
        init(host: String?) { self.host = host }

        // Links in answers open outside; your page and the window stay in.
        func webView(_ web: WKWebView, createWebViewWith configuration: WKWebViewConfiguration, for action: WKNavigationAction, windowFeatures: WKWindowFeatures) -> WKWebView? {
            if let url = action.request.url { UIApplication.shared.open(url) }
            return nil
        }

        func webView(_ web: WKWebView, decidePolicyFor action: WKNavigationAction) async -> WKNavigationActionPolicy {
            guard action.targetFrame?.isMainFrame == true, let url = action.request.url, url.host != host else { return .allow }
            await UIApplication.shared.open(url)
            return .cancel
        }
    }
}

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.webkit.ValueCallback
import android.webkit.WebChromeClient
import android.webkit.WebResourceRequest
import android.webkit.WebView
import android.webkit.WebViewClient

/** Shows your help page, which embeds the window, in a screen of its own. */
class HelpActivity : Activity() {
    private val page = "https://wallet.example/help"
    private lateinit var web: WebView
    private var picked: ValueCallback<Array<Uri>>? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        web = WebView(this).also(::setContentView)
        web.settings.javaScriptEnabled = true
        web.settings.domStorageEnabled = true // unsent words outlive the screen
        web.webViewClient = object : WebViewClient() {
            // Links in answers open outside; your page and the window stay in.
            override fun shouldOverrideUrlLoading(view: WebView, request: WebResourceRequest): Boolean {
                if (!request.isForMainFrame || request.url.host == Uri.parse(page).host) return false
                startActivity(Intent(Intent.ACTION_VIEW, request.url))
                return true
            }
        }
        web.webChromeClient = object : WebChromeClient() {
            override fun onShowFileChooser(view: WebView, callback: ValueCallback<Array<Uri>>, parameters: FileChooserParams): Boolean {
                picked?.onReceiveValue(null)
                picked = callback
                startActivityForResult(parameters.createIntent(), 1)
                return true
            }
        }
        web.loadUrl(page)
    }

    @Deprecated("Deprecated in Java")
    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        picked?.onReceiveValue(WebChromeClient.FileChooserParams.parseResult(result, data))
        picked = null
    }
}

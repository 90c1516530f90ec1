import android.content.ActivityNotFoundException
import android.content.ContentValues
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.provider.MediaStore
import android.webkit.ValueCallback
import android.webkit.WebChromeClient
import android.webkit.WebResourceRequest
import android.webkit.WebView
import android.webkit.WebViewClient
import android.widget.Toast
import androidx.activity.ComponentActivity
import androidx.activity.addCallback
import androidx.activity.result.contract.ActivityResultContracts.StartActivityForResult
import androidx.core.view.ViewCompat
import androidx.core.view.WindowInsetsCompat.Type
import org.json.JSONObject

/**
 * Shows your help page, which embeds the window, in a screen of its own. In the
 * manifest: INTERNET, and android:configChanges="orientation|screenSize|keyboardHidden",
 * so that turning the phone loses nothing. Photos are taken by the camera app: it needs
 * no permission of yours, unless your manifest names CAMERA; then ask for it first. In
 * strings.xml: help_no_app, such as "No app on this phone opens %1$s".
 */
class HelpActivity : ComponentActivity() {
    private val page = Uri.parse("https://wallet.example/help")
    private lateinit var web: WebView
    private var picked: ValueCallback<Array<Uri>>? = null
    private var photo: Uri? = null

    private val chooser = registerForActivityResult(StartActivityForResult()) { result ->
        val many = result.data?.clipData?.let { clip -> Array(clip.itemCount) { clip.getItemAt(it).uri } }
        val one = WebChromeClient.FileChooserParams.parseResult(result.resultCode, result.data)
        val taken = photo?.takeIf { result.resultCode == RESULT_OK }
        if (taken == null) photo?.let { contentResolver.delete(it, null, null) } // room for a photo that was not taken
        answer(many ?: one ?: taken?.let { arrayOf(it) })
    }

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        web = WebView(this).also(::setContentView)
        web.settings.javaScriptEnabled = true
        web.settings.domStorageEnabled = true // unsent words outlive the screen
        // Bars, the notch and the keyboard cover nothing.
        ViewCompat.setOnApplyWindowInsetsListener(web) { view, insets ->
            val free = insets.getInsets(Type.systemBars() or Type.displayCutout() or Type.ime())
            view.setPadding(free.left, free.top, free.right, free.bottom)
            insets
        }
        onBackPressedDispatcher.addCallback(this) { if (web.canGoBack()) web.goBack() else finish() }
        web.webViewClient = object : WebViewClient() {
            // Links and files in answers open outside; your page and the window stay in.
            override fun shouldOverrideUrlLoading(view: WebView, request: WebResourceRequest): Boolean {
                if (!request.isForMainFrame || request.url.host == page.host) return false
                if (request.url.scheme in listOf("https", "http", "mailto", "tel")) start(Intent(Intent.ACTION_VIEW, request.url))
                return true
            }

            // The window opens at once, about the payment that the app was asked about.
            override fun onPageFinished(view: WebView, url: String) {
                val about = intent.getStringExtra("transaction")?.let { ", { transaction: ${JSONObject.quote(it)} }" } ?: ""
                if (Uri.parse(url).host == page.host) view.evaluateJavascript("kefu('open'$about)", null)
            }
        }
        web.webChromeClient = object : WebChromeClient() {
            override fun onShowFileChooser(view: WebView, callback: ValueCallback<Array<Uri>>, parameters: FileChooserParams): Boolean {
                answer(null) // of a chooser that was never answered
                picked = callback
                photo = if (parameters.isCaptureEnabled) contentResolver.insert(MediaStore.Images.Media.EXTERNAL_CONTENT_URI, ContentValues()) else null
                val ask = photo?.let { Intent(MediaStore.ACTION_IMAGE_CAPTURE).putExtra(MediaStore.EXTRA_OUTPUT, it) } ?: parameters.createIntent()
                if (parameters.mode == FileChooserParams.MODE_OPEN_MULTIPLE) ask.putExtra(Intent.EXTRA_ALLOW_MULTIPLE, true)
                try {
                    chooser.launch(ask)
                } catch (none: ActivityNotFoundException) {
                    answer(null)
                }
                return true
            }
        }
        web.loadUrl(page.toString())
    }

    /** Every chooser has to be answered, or the page can open no other. */
    private fun answer(files: Array<Uri>?) {
        picked?.onReceiveValue(files)
        picked = null
        photo = null
    }

    private fun start(intent: Intent) = try {
        startActivity(intent)
    } catch (none: ActivityNotFoundException) {
        // On many phones no app takes a mailto or tel link: the address itself is of use.
        Toast.makeText(this, getString(R.string.help_no_app, intent.data?.schemeSpecificPart), Toast.LENGTH_LONG).show()
    }

    override fun onDestroy() {
        answer(null)
        web.destroy()
        super.onDestroy()
    }
}

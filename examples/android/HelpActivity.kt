import android.content.ActivityNotFoundException
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
import androidx.core.content.FileProvider
import androidx.core.view.ViewCompat
import androidx.core.view.WindowInsetsCompat.Type
import org.json.JSONObject
import java.io.File

/**
 * Shows your help page, which embeds the window, in a screen of its own. In the
 * manifest: INTERNET, and android:configChanges="orientation|screenSize|keyboardHidden",
 * so that turning the phone loses nothing. Photos are taken by the camera app: it needs
 * no permission of yours, unless your manifest names CAMERA; then ask for it first. In
 * strings.xml: help_no_app, such as "No app on this phone opens %1$s".
 *
 * What is photographed here is often an identity document: it goes to a folder of the
 * app, never to the gallery, and is gone when the screen is. In the manifest:
 *
 *     <provider
 *         android:name="androidx.core.content.FileProvider"
 *         android:authorities="${applicationId}.help"
 *         android:exported="false"
 *         android:grantUriPermissions="true">
 *         <meta-data
 *             android:name="android.support.FILE_PROVIDER_PATHS"
 *             android:resource="@xml/help_photos" />
 *     </provider>
 *
 * and in res/xml/help_photos.xml:
 *
 *     <paths><cache-path name="photos" path="help-photos/" /></paths>
 */
class HelpActivity : ComponentActivity() {
    private val page = Uri.parse("https://wallet.example/help")
    private lateinit var web: WebView
    private var picked: ValueCallback<Array<Uri>>? = null
    private var photo: Uri? = null
    private val photos by lazy { File(cacheDir, "help-photos") }

    private val chooser = registerForActivityResult(StartActivityForResult()) { result ->
        val many = result.data?.clipData?.let { clip -> Array(clip.itemCount) { clip.getItemAt(it).uri } }
        val one = WebChromeClient.FileChooserParams.parseResult(result.resultCode, result.data)
        val taken = photo?.takeIf { result.resultCode == RESULT_OK }
        answer(many ?: one ?: taken?.let { arrayOf(it) })
    }

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        photos.deleteRecursively() // of a screen that the system ended
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
                photo = if (parameters.isCaptureEnabled) roomForPhoto() else null
                val ask = photo?.let {
                    Intent(MediaStore.ACTION_IMAGE_CAPTURE).putExtra(MediaStore.EXTRA_OUTPUT, it).addFlags(Intent.FLAG_GRANT_WRITE_URI_PERMISSION)
                } ?: parameters.createIntent()
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

    /** A file that the camera app may write into; the window uploads it from there. */
    private fun roomForPhoto(): Uri {
        photos.mkdirs()
        return FileProvider.getUriForFile(this, "$packageName.help", File.createTempFile("photo", ".jpg", photos))
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
        photos.deleteRecursively()
        super.onDestroy()
    }
}

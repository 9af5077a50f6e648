"""Every setting of the crawler. Where things are kept and who we are also come from the environment; `-s` wins."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from scrapy.settings import default_settings

BOT_NAME = "arsip-berita"
ARSIP_VERSION = version("arsip-berita")

SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"
TEMPLATES_DIR = str(Path(__file__).parent / "templates")

# Where things are kept. The AWS_* variables of a bucket are boto3's own.
ARCHIVE_URI = os.environ.get("ARCHIVE_URI") or "data"
STATE_DIR = os.environ.get("STATE_DIR") or None
CATALOG_URI = os.environ.get("CATALOG_URI") or None
SPOOL_LIMIT_MB = os.environ.get("SPOOL_LIMIT_MB") or 10240
UPLOAD_PATIENCE = os.environ.get("UPLOAD_PATIENCE") or 60

# What `scrapy crawlall` runs: names with commas between them, all by default.
OUTLETS = os.environ.get("OUTLETS") or None

# Who we are. Without a USER_AGENT the spider makes one with CONTACT, the address of the person who runs this crawler.
CONTACT = os.environ.get("CONTACT") or None
USER_AGENT = os.environ.get("USER_AGENT") or None
ROBOTSTXT_USER_AGENT = "arsip-berita"

# Manners: one connection a host, a pause between requests, robots.txt, and no rows of what is closed to copies.
RESPECT_OPT_OUT = os.environ.get("RESPECT_OPT_OUT") or True
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = os.environ.get("DOWNLOAD_DELAY") or 1.0
CONCURRENT_ITEMS = 1  # a page is one item; Scrapy begins this many tasks for every response, 100 of them by default
COOKIES_ENABLED = False  # every capture is what a first-time reader gets
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # counted under its reason at the end

# Ages at which an article is looked at again, and times between attempts at what gave no page.
REVISIT_AFTER = os.environ.get("REVISIT_AFTER") or "6h, 1d, 7d"
RETRY_AFTER = os.environ.get("RETRY_AFTER") or "1h, 6h, 1d, 3d, 7d"

# The wire. Brotli and zstd are left out: not every reader of the archive knows them.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "id,en;q=0.5",
    "Accept-Encoding": "gzip, deflate",
}
DOWNLOAD_HANDLERS = {
    "http": "crawler.wire.WireDownloadHandler",
    "https": "crawler.wire.WireDownloadHandler",
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_TIMEOUT = 45
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DNS_TIMEOUT = 10

HTTPERROR_ALLOW_ALL = True  # an error is a verdict or a reason; the spider names it
METAREFRESH_ENABLED = False  # news pages reload themselves for the advertising
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # it would run code for whoever reaches its port
REFERRER_POLICY = "no-referrer"

DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.archived.RecoveredMiddleware": 50,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    "crawler.middlewares.tdm.TdmMiddleware": 110,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.middlewares.retry.PoliteRetryMiddleware": 550,
    "crawler.middlewares.unpacking.UnpackingMiddleware": 590,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.middlewares.redirect.OutletRedirectMiddleware": 600,
    "crawler.middlewares.archived.ConditionalMiddleware": 900,
}
ITEM_PIPELINES = {
    "pipelines.warc.WarcPipeline": 100,
    "pipelines.clean.CleanPipeline": 200,
    "pipelines.language.LanguagePipeline": 300,
    "pipelines.drift.DriftPipeline": 350,
    "pipelines.store.StorePipeline": 400,
}
EXTENSIONS = {
    "crawler.extensions.health.HealthExtension": 0,
    "crawler.extensions.job.JobExtension": 0,
    "crawler.extensions.leaving.LeavingExtension": 0,
    "crawler.extensions.live.LiveExtension": 0,
    "crawler.extensions.metrics.MetricsExtension": 0,
    "crawler.extensions.spool.SpoolExtension": 0,
}
# Scrapy imports what is None or switched off, too: the remote control alone brings aiohttp before each crawl.
_UNUSED = frozenset(
    (
        "scrapy.downloadermiddlewares.cookies.CookiesMiddleware",
        "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware",
        "scrapy.extensions.feedexport.FeedExporter",
        "scrapy.extensions.logstats.LogStats",
        "scrapy.extensions.remote_control.RemoteControl",
        "scrapy.extensions.telnet.TelnetConsole",
    )
)
DOWNLOADER_MIDDLEWARES_BASE = {
    name: order for name, order in default_settings.DOWNLOADER_MIDDLEWARES_BASE.items() if name not in _UNUSED
}
EXTENSIONS_BASE = {name: order for name, order in default_settings.EXTENSIONS_BASE.items() if name not in _UNUSED}

STATS_DUMP = False
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
LOG_STYLE = os.environ.get("LOG_STYLE") or None  # plain, journal or json; see crawler/logs.py
METRICS_DIR = os.environ.get("METRICS_DIR") or None  # the folder that node_exporter's textfile collector reads

# Who is told of alarms; see crawler/alarms.py.
ALARM_WEBHOOK = os.environ.get("ALARM_WEBHOOK") or None
ALARM_EMAIL = os.environ.get("ALARM_EMAIL") or None  # addresses with commas between them
SMTP_HOST = os.environ.get("SMTP_HOST") or "localhost"
SMTP_PORT = os.environ.get("SMTP_PORT") or 25
SMTP_STARTTLS = os.environ.get("SMTP_STARTTLS") or False
SMTP_USER = os.environ.get("SMTP_USER") or None
SMTP_PASSWORD = os.environ.get("SMTP_PASSWORD") or None
SMTP_FROM = os.environ.get("SMTP_FROM") or None

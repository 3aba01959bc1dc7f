"""The arguments and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.frame import LANG
from failures import Text


class Engine(StrEnum):
    AUTO = "auto"
    EMBEDDED = "embedded"
    PULUMI = "pulumi"


class ImportedBy(StrEnum):
    EMBEDDED = "embedded"
    PULUMI = "pulumi"


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"


class Until(StrEnum):
    BUILD = "build"
    CONFIGURE = "configure"
    VERIFY = "verify"


def _help(en: str, zh: str) -> str:
    return Text(en, zh).say(LANG)


Topology = Annotated[Path, typer.Argument(metavar="PATH", help=_help("a topology file or folder", "拓扑文件或目录"))]
Topologies = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help=_help("topology files or folders", "拓扑文件或目录"))
]
MaybeTopology = Annotated[
    Path | None, typer.Argument(metavar="PATH", help=_help("a topology file or folder", "拓扑文件或目录"))
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help=_help("the folder to write to", "写入的目录"))]
StackName = Annotated[
    str,
    typer.Argument(
        metavar="STACK",
        help=_help("<cloud>.<site>.<shard>, see `state list`", "<云>.<数据中心>.<分片>，见 `state list`"),
    ),
]
StateFile = Annotated[
    Path, typer.Argument(metavar="FILE", help=_help("a deployment, or - for stdin", "部署文件，- 表示标准输入"))
]
Sites = Annotated[
    list[str], typer.Option("--site", metavar="S", help=_help("only this site (repeatable)", "仅此数据中心(可重复)"))
]
HitSites = Annotated[
    list[str], typer.Option("--site", metavar="S", help=_help("this site (repeatable)", "此数据中心(可重复)"))
]
HitLinks = Annotated[
    list[str],
    typer.Option(
        "--link",
        metavar="L",
        help=_help("this line, as `lab status` calls it (repeatable)", "此线路，名称见 `lab status`(可重复)"),
    ),
]
HitCarriers = Annotated[
    list[str],
    typer.Option(
        "--carrier", metavar="C", help=_help("all lines of this carrier (repeatable)", "该运营商的所有线路(可重复)")
    ),
]
HitHosts = Annotated[
    list[str],
    typer.Option("--host", metavar="H", help=_help("this booted server (repeatable)", "此已启动的服务器(可重复)")),
]
OffOrOn = Annotated[
    Literal["off", "on"], typer.Argument(metavar="off|on", help=_help("take it, or give it back", "断电或供电"))
]
HitFeeds = Annotated[
    list[str], typer.Option("--feed", metavar="F", help=_help("all sites of this feed", "此供电的所有数据中心"))
]
Somewhere = Annotated[str, typer.Argument(metavar="NAME", help=_help("a host or a site", "主机或数据中心"))]
Words = Annotated[
    list[str], typer.Argument(metavar="[-- COMMAND...]", help=_help("instead of a shell", "代替交互式命令行"))
]
AddedLatency = Annotated[
    float,
    typer.Option("--latency", metavar="MS", min=0, max=10000, help=_help("ms added each way", "单程增加的毫秒数")),
]
Loss = Annotated[
    float, typer.Option("--loss", metavar="PERCENT", min=0, max=100, help=_help("packets lost", "丢包率(百分比)"))
]
Ceiling = Annotated[
    float | None,
    typer.Option("--bandwidth", metavar="MBPS", min=0.1, help=_help("no more than this", "带宽上限(Mbit/s)")),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=_help("do not ask", "不再询问"))]
Shape = Annotated[Format, typer.Option("--format", help=_help("how to print the findings", "结果的输出格式"))]
UpTo = Annotated[Until, typer.Option("--until", help=_help("the last phase to run", "执行到哪个阶段"))]
Limit = Annotated[
    list[str],
    typer.Option(
        "--limit",
        metavar="HOST|GROUP",
        help=_help("configure only this host or group (repeatable)", "只配置此主机或主机组(可重复)"),
    ),
]
EngineChoice = Annotated[
    Engine,
    typer.Option("--engine", help=_help("auto: the one a stack was first built with", "auto：沿用该栈首次使用的引擎")),
]
Refresh = Annotated[
    bool,
    typer.Option("--refresh", help=_help("look at the sites even where nothing changed", "未变更的部分也到现网核对")),
]
RefreshAll = Annotated[
    bool,
    typer.Option(
        "--refresh",
        help=_help("look at sites and hosts even where nothing changed", "未变更的部分也到现网和主机核对"),
    ),
]
Replace = Annotated[
    list[str], typer.Option("--replace", metavar="URN", help=_help("allow this replacement", "允许替换此资源"))
]
Delete = Annotated[
    list[str],
    typer.Option("--delete", metavar="URN|STACK", help=_help("allow this deletion", "允许删除此资源或整个栈")),
]
Parallel = Annotated[
    int,
    typer.Option(
        "--parallel", metavar="N", min=1, max=64, help=_help("calls at once per site", "每个数据中心的并发调用数")
    ),
]
ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help=_help("its name, or a file *.yaml", "场景名称，或 *.yaml 文件"))
]
DrillLevel = Annotated[
    Literal["tabletop", "functional", "full"],
    typer.Option("--level", help=_help("plan only, one service, or all", "仅推演、单个服务或全部")),
]
OneSite = Annotated[str, typer.Option("--site", metavar="S", help=_help("the site that suffers", "受影响的数据中心"))]
OneLink = Annotated[str, typer.Option("--link", metavar="L", help=_help("the line that suffers", "受影响的线路"))]
OneCarrier = Annotated[
    str, typer.Option("--carrier", metavar="C", help=_help("the carrier that suffers", "受影响的运营商"))
]
OneFeed = Annotated[str, typer.Option("--feed", metavar="F", help=_help("the power feed that fails", "失效的供电"))]
OneServer = Annotated[str, typer.Option("--host", metavar="H", help=_help("the host that suffers", "受影响的主机"))]
OneService = Annotated[str, typer.Option("--service", metavar="N", help=_help("the database service", "数据库服务"))]
ApprovalFile = Annotated[
    Path | None,
    typer.Option(
        "--approval",
        metavar="PATH",
        help=_help(
            "a second person's, see `drill approve`; of a folder, the one of this plan",
            "第二人的批准，见 `drill approve`；若为目录，取其中针对本计划的一份",
        ),
    ),
]
ApprovedPlan = Annotated[
    str, typer.Option("--plan", metavar="SHA256", help=_help("what `drill plan` ends with", "`drill plan` 末行的摘要"))
]
ApproverName = Annotated[
    str, typer.Option("--as", metavar="NAME", help=_help("your name in the approvers file", "您在批准人文件中的名称"))
]
ApproverKey = Annotated[
    Path, typer.Option("--key", metavar="FILE", help=_help("your private key of OpenSSH", "您的 OpenSSH 私钥"))
]
ApprovalTo = Annotated[
    Path | None,
    typer.Option("--to", metavar="PATH", help=_help("the file, or a folder for it", "写入的文件，或其目录")),
]
MayLose = Annotated[bool, typer.Option("--allow-data-loss", help=_help("rows may be lost", "允许丢失数据"))]
PlanDigest = Annotated[
    str, typer.Option("--plan", metavar="SHA256", help=_help("only this plan, see `drill plan`", "仅执行此计划"))
]
Window = Annotated[
    str,
    typer.Option("--window", metavar="SECONDS/CALENDAR", help=_help("refuse to begin outside", "窗口之外拒绝开始")),
]
DrillRun = Annotated[str, typer.Argument(metavar="RUN", help=_help("see `drill history`", "见 `drill history`"))]
TimerFolder = Annotated[Path, typer.Option("--to", metavar="DIR", help=_help("where to write", "写入的目录"))]
MaybeBoot = Annotated[
    Literal["services", "all"] | None,
    typer.Option("--boot", help=_help("which servers become hosts; kept", "哪些服务器真正启动；会被记住")),
]
FetchAgain = Annotated[
    bool,
    typer.Option(
        "--refresh", help=_help("make it again: newer packages, or it is damaged", "重新收集：更新软件包，或目录已损坏")
    ),
]
Keep = Annotated[
    bool, typer.Option("--keep", help=_help("keep the databases for the next `up`", "保留数据库供下次 up 使用"))
]
ImportEngine = Annotated[
    ImportedBy,
    typer.Option("--engine", help=_help("the engine that keeps the state", "由哪个引擎保存状态")),
]
Listing = Annotated[bool, typer.Option("--list", help=_help("every group and host", "所有主机组与主机"))]
MaybeHost = Annotated[
    str | None, typer.Option("--host", metavar="NAME", help=_help("the variables of one host", "一台主机的变量"))
]
RunName = Annotated[str, typer.Argument(metavar="RUN", help=_help("a run's id, or its folder", "演练编号或其目录"))]
PageFile = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help=_help("write the page there too", "同时把页面写入此文件"))
]
Evidence = Annotated[
    Path, typer.Argument(metavar="PATH", help=_help("a run's folder, or a journal", "演练目录或日志文件"))
]
BreakGlass = Annotated[
    bool,
    typer.Option(
        "--break-glass",
        help=_help("go on where the sites have no majority; two must sign", "仲裁失去多数时接管；需两人签名"),
    ),
]
SignedBy = Annotated[
    list[Path], typer.Option("--signed", metavar="FILE", help=_help("see `drill approve`", "见 `drill approve`"))
]
HeadFrom = Annotated[
    Literal["etcd"] | None,
    typer.Option("--head-from", help=_help("the store that keeps its head", "从保存链头的仲裁服务取得")),
]
HeadFile = Annotated[
    Path | None,
    typer.Option("--head", metavar="FILE", help=_help("a head that another site kept of it", "异地保存的该日志的链头")),
]
Watch = Annotated[
    bool, typer.Option("--watch", help=_help("look again every 5 s until Ctrl-C", "每 5 秒刷新，直至 Ctrl-C"))
]

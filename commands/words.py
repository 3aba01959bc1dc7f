"""The words of every command: what it does, and an example that works as it stands."""

from __future__ import annotations

from typing import NamedTuple

from failures import Text

CITY = "topology/quanzhou.yaml"


class Words(NamedTuple):
    text: Text
    examples: tuple[str, ...]


ABOUT = Words(
    Text(
        "Build, watch and rehearse a government cloud of two same-city active data centres and one remote DR centre.",
        "建设、观察和演练“同城双活、异地灾备”的政务云。",
    ),
    ("govcloud init mycity", f"govcloud deploy {CITY}", f"govcloud status {CITY} --json"),
)

GROUPS: dict[str, Words] = {
    "state": Words(
        Text(
            "List, move and verify what was built (Pulumi deployment format).",
            "列出、迁移和校验部署状态(Pulumi 格式)。",
        ),
        (f"govcloud state list {CITY}",),
    ),
    "drill": Words(
        Text(
            "Rehearse failures: measured from outside, healed whatever happens, proven by a report.",
            "演练各类故障：从外部测量，无论如何都会撤除故障，并出具报告。",
        ),
        (f"govcloud drill run {CITY} site-network-loss --site donghai",),
    ),
    "lab": Words(
        Text(
            "The data centres of a topology as real OpenStack clouds on this machine.",
            "在本机上把拓扑中的数据中心建成真实的 OpenStack。",
        ),
        (f"govcloud lab up {CITY}",),
    ),
    "report": Words(
        Text(
            "What drills proved, and whether that is still what was written.", "演练证明了什么，以及证据是否仍为原样。"
        ),
        ("govcloud report show site-network-loss-20261122T020000Z",),
    ),
}

WORDS: dict[str, Words] = {
    "init": Words(
        Text("Write a new topology, commented, to start from.", "生成带注释的新拓扑文件。"),
        ("govcloud init mycity",),
    ),
    "schema": Words(
        Text(
            "Print the JSON Schema of the topology file, for completion in an editor.",
            "输出拓扑文件的 JSON Schema，供编辑器补全。",
        ),
        ("govcloud schema > topology.schema.json",),
    ),
    "validate": Words(
        Text("Check topologies; every error of a run at once.", "检查拓扑文件，一次列出全部错误。"),
        (f"govcloud validate {CITY}", f"govcloud validate {CITY} --format sarif"),
    ),
    "plan": Words(
        Text(
            "Show what deploy would change, stack by stack; changes nothing.",
            "逐个栈显示部署将做的变更；不做任何修改。",
        ),
        (f"govcloud plan {CITY}",),
    ),
    "bundle": Words(
        Text(
            "Gather, on a connected machine, every package that hosts without internet install.",
            "在联网机器上收集无法访问互联网的主机所需的全部软件包。",
        ),
        (f"govcloud bundle {CITY}", f"govcloud bundle {CITY} --refresh"),
    ),
    "deploy": Words(
        Text(
            "Build the cloud, configure its hosts, let every service prove itself.",
            "建设整个云：校验、计划、确认、建设，配置主机，并验证每项服务。",
        ),
        (
            f"govcloud deploy {CITY}",
            f"govcloud deploy {CITY} --site donghai --until build --yes",
            f"govcloud deploy {CITY} --limit quorum --refresh",
        ),
    ),
    "status": Words(
        Text(
            "Sites, services and lines at a glance; what does not answer is unknown.",
            "数据中心、服务与线路一览；不应答者显示为未知。",
        ),
        (f"govcloud status {CITY}", f"govcloud status {CITY} --watch"),
    ),
    "drift": Words(
        Text(
            "Compare the world with the topology, and the departments of the sites with each other.",
            "比对现网与拓扑，以及各数据中心之间部门的一致性。",
        ),
        (f"govcloud drift {CITY}",),
    ),
    "destroy": Words(
        Text("Delete everything that was built for this cloud.", "删除为该云建设的全部资源。"),
        (f"govcloud destroy {CITY}", f"govcloud destroy {CITY} --site changle --yes"),
    ),
    "inventory": Words(
        Text(
            "Answer Ansible's dynamic inventory protocol: groups, hosts and their variables as JSON.",
            "按 Ansible 动态清单协议输出主机组、主机及其变量(JSON)。",
        ),
        (f"govcloud inventory {CITY} --list", f"govcloud inventory {CITY} --host quorum-donghai-1"),
    ),
    "state list": Words(
        Text("List the stacks of a cloud, or of every cloud.", "列出某个云或所有云的栈。"),
        ("govcloud state list", f"govcloud state list {CITY}"),
    ),
    "state export": Words(
        Text(
            "Print one stack as a Pulumi deployment, version 3; secrets stay encrypted.",
            "以 Pulumi 部署格式(第 3 版)输出一个栈；密文保持加密。",
        ),
        ("govcloud state export quanzhou.donghai.foundation > foundation.json",),
    ),
    "state import": Words(
        Text("Replace the state of one stack by a Pulumi deployment.", "用 Pulumi 部署文件替换一个栈的状态。"),
        ("govcloud state import quanzhou.donghai.foundation foundation.json",),
    ),
    "state verify": Words(
        Text(
            "Check that every state is readable, complete and without open intents.",
            "校验所有状态可读、完整且没有未完成的操作。",
        ),
        ("govcloud state verify", f"govcloud state verify {CITY}"),
    ),
    "drill list": Words(
        Text("List the scenarios there are.", "列出全部演练场景。"),
        ("govcloud drill list", f"govcloud drill list {CITY}"),
    ),
    "drill show": Words(
        Text("Show a scenario as it is written.", "显示一个场景的原文。"),
        ("govcloud drill show site-network-loss",),
    ),
    "drill plan": Words(
        Text(
            "Show what a drill would do and when; touches nothing (table-top).",
            "显示演练将执行的步骤与预计时间；不做任何操作(桌面推演)。",
        ),
        (f"govcloud drill plan {CITY} site-network-loss --site donghai",),
    ),
    "drill run": Words(
        Text(
            "Run a drill: gate, baseline, inject, recover, hold, heal, rejoin, count, report.",
            "执行演练：门禁、基线、注入、恢复、稳定、撤除、归队、清点、报告。",
        ),
        (
            f"govcloud drill run {CITY} site-network-loss --site donghai",
            f"govcloud drill run {CITY} both-active-lost --approval li.na.approval --allow-data-loss",
            f"govcloud drill run {CITY} failback --site donghai",
        ),
    ),
    "drill approve": Words(
        Text(
            "Sign a plan as the second person, where rows may be lost; the run checks it against the approvers file.",
            "作为第二人对可能丢失数据的计划签名；执行时依据批准人文件核验。",
        ),
        (f"govcloud drill approve {CITY} --plan SHA256 --as li.na --key ~/.ssh/id_ed25519 --to li.na.approval",),
    ),
    "drill resume": Words(
        Text(
            "Go on with a run whose controller died; what is in doubt is looked at, never assumed.",
            "继续控制程序中途终止的演练；存疑的步骤一律核实，绝不假定。",
        ),
        (f"govcloud drill resume {CITY}",),
    ),
    "drill heal": Words(
        Text(
            "Undo every fault of a run, or of all that are not over; may be repeated.",
            "撤除一次或所有未结束演练的全部故障；可重复执行。",
        ),
        (f"govcloud drill heal {CITY}",),
    ),
    "drill history": Words(
        Text("List the runs of a cloud and their verdicts.", "列出某个云的历次演练与结论。"),
        (f"govcloud drill history {CITY}",),
    ),
    "drill schedule": Words(
        Text(
            "Write systemd timers for the drills of a topology; a missed run is made up for within its window.",
            "为拓扑中的演练生成 systemd 定时器；错过的演练仅在时间窗口内补做。",
        ),
        (f"govcloud drill schedule {CITY} --to timers",),
    ),
    "lab check": Words(
        Text(
            "Say whether this machine can carry the lab, and what is missing.",
            "检查本机能否运行实验环境，并指出缺少什么。",
        ),
        (f"govcloud lab check {CITY}",),
    ),
    "lab up": Words(
        Text(
            "Raise the sites of a topology as real OpenStack clouds; writes clouds.yaml.",
            "把拓扑中的数据中心建成真实的 OpenStack，并写出 clouds.yaml。",
        ),
        (f"govcloud lab up {CITY}",),
    ),
    "lab down": Words(
        Text("Take the lab down; nothing is left.", "拆除实验环境，不留任何残余。"),
        (f"govcloud lab down {CITY}",),
    ),
    "lab status": Words(
        Text("Show what of the lab runs.", "显示实验环境的运行情况。"),
        (f"govcloud lab status {CITY}",),
    ),
    "lab cut": Words(
        Text(
            "Cut sites, lines, carriers or hosts off; what goes on inside a site goes on.",
            "切断数据中心、线路、运营商或主机；数据中心内部不受影响。",
        ),
        (f"govcloud lab cut {CITY} --site donghai", f"govcloud lab cut {CITY} --link donghai-anxi-unicom"),
    ),
    "lab slow": Words(
        Text(
            "Slow lines down: more latency, losses, less bandwidth.",
            "使线路变慢：增加时延、丢包，或限制带宽。",
        ),
        (f"govcloud lab slow {CITY} --carrier telecom --latency 20 --loss 1",),
    ),
    "lab heal": Words(
        Text("Undo every cut and slowing, or those named.", "撤销所有切断和减速，或其中指定的部分。"),
        (f"govcloud lab heal {CITY}", f"govcloud lab heal {CITY} --site donghai"),
    ),
    "lab power": Words(
        Text(
            "Take the power from sites, feeds or hosts, at once, or give it back: what ran before runs again.",
            "切断数据中心、供电或主机的电源(立即生效)，或恢复供电：断电前运行的一切重新运行。",
        ),
        (
            f"govcloud lab power off {CITY} --feed grid-west",
            f"govcloud lab power on {CITY} --feed grid-west",
        ),
    ),
    "lab shell": Words(
        Text(
            "Open a shell in a host, or at the operator's seat inside a site.",
            "在主机内，或在数据中心内部的运维席位上打开命令行。",
        ),
        (
            f"govcloud lab shell {CITY} citizen-db-donghai-1",
            f"govcloud lab shell {CITY} donghai -- ping -c 1 10.250.0.1",
        ),
    ),
    "report show": Words(
        Text(
            "Show the report of a drill, made anew from its journal; exits with its verdict.",
            "依据日志重新生成并显示演练报告；退出码为其判定。",
        ),
        (
            "govcloud report show site-network-loss-20261122T020000Z",
            "govcloud report show site-network-loss-20261122T020000Z --html report.html",
        ),
    ),
    "report verify": Words(
        Text(
            "Check offline that journal, attempts and report of a drill are those that were written.",
            "离线校验演练的日志、尝试记录与报告是否为当初所写。",
        ),
        ("govcloud report verify drills/site-network-loss-20261122T020000Z --head changle/head.json",),
    ),
}

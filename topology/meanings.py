"""What each object and key of the topology language means, in both languages."""

from __future__ import annotations

from failures import Text

OBJECTS: dict[str, Text] = {
    "Cloud": Text("The whole cloud: the top of the topology.", "整个政务云:拓扑文件的顶层。"),
    "Site": Text("One data centre.", "一个数据中心。"),
    "Capacity": Text("What one site offers.", "一个中心可提供的资源。"),
    "Link": Text("One line between two sites.", "两个中心之间的一条线路。"),
    "Zone": Text("A network plane inside every site.", "每个中心内的一个网络区。"),
    "Tier": Text("A promise: how long an outage and how much loss are allowed.", "承诺:允许中断多久、丢失多少。"),
    "FlavorSize": Text("The size of one server.", "一台服务器的规格。"),
    "Opening": Text("A port that a server accepts.", "服务器开放的一个端口。"),
    "Template": Text("The shape applications are made from.", "应用所依据的模板。"),
    "Application": Text("What a department runs.", "部门运行的一个应用。"),
    "Service": Text("A replicated thing that others build on.", "供其他系统依赖的、有副本的服务。"),
    "Quota": Text("What a department may use at each site.", "一个部门在每个中心可用的配额。"),
    "Department": Text(
        "A tenant: one OpenStack project at each site it lives in.", "租户:在所在的每个中心各有一个 OpenStack 项目。"
    ),
    "Image": Text("A boot image, uploaded to every site.", "启动镜像,上传至每个中心。"),
    "Party": Text("An organisation that holds a duty.", "承担职责的单位。"),
    "Duties": Text("Who supervises, who operates, who uses.", "管、运、用三方职责。"),
    "Rules": Text("Safety rules that every plan is checked against.", "每个计划都须遵守的安全规则。"),
    "Drill": Text("A rehearsal of a failure.", "一次故障演练。"),
    "Titles": Text("Free text for people, in one or both languages.", "给人看的自由文本,可中英双语。"),
}

_TITLE = Text("What people call it.", "给人看的名称。")
_COUNTED = Text("Servers at each active site.", "每个 active 中心的服务器台数。")
_COUNTED_DR = Text("Servers at each DR site.", "每个灾备中心的服务器台数。")
_IMAGE = Text("The boot image, one of `images`.", "启动镜像,取自 `images`。")
_VOLUME = Text("Size of a data volume per server, in GiB; 0 means none.", "每台服务器的数据卷大小(GiB);0 表示没有。")
_OPENINGS = Text("The ports its servers accept; all others are closed.", "服务器开放的端口;其余一律关闭。")
_VCPUS = Text("Virtual CPUs.", "虚拟 CPU 数。")
_MEMORY = Text("Memory in GiB.", "内存(GiB)。")
_FLAVOR = Text("The size of each server.", "每台服务器的规格。")

KEYS: dict[str, dict[str, Text]] = {
    "Cloud": {
        "cloud": Text("The name of the cloud; stacks and files are named after it.", "云的名称;栈与文件以此命名。"),
        "title": _TITLE,
        "sites": Text("The data centres.", "数据中心。"),
        "links": Text("The lines between the sites.", "中心之间的线路。"),
        "management": Text(
            "The network that operators, drills and measurements reach servers from.",
            "运维、演练与测量访问服务器所用的网络。",
        ),
        "zones": Text("The network planes; each is cut into 8 site blocks.", "网络区;每个划分为 8 个中心地址块。"),
        "tiers": Text("The promises that applications and services are held to.", "应用与服务须兑现的承诺等级。"),
        "images": Text("The boot images.", "启动镜像。"),
        "templates": Text("The shapes that applications are made from.", "应用模板。"),
        "services": Text("The replicated services.", "有副本的公共服务。"),
        "departments": Text("The tenants.", "各部门(租户)。"),
        "rules": Text("The safety rules.", "安全规则。"),
        "duties": Text("Who supervises, operates, uses.", "管、运、用职责。"),
        "drills": Text("The rehearsals.", "演练。"),
    },
    "Site": {
        "role": Text(
            "`active` serves users all the time; `dr` waits, holding copies.",
            "`active` 持续提供服务;`dr` 保存副本待命。",
        ),
        "city": Text("The city it stands in; `sync: city` refers to it.", "所在城市;`sync: city` 以此为准。"),
        "openstack": Text("Its entry in clouds.yaml.", "其在 clouds.yaml 中的条目。"),
        "title": _TITLE,
        "power": Text("Its power feeds; sites that share a name fail together.", "供电来源;同名者会同时断电。"),
        "capacity": Text("What it offers.", "可提供的资源。"),
    },
    "Capacity": {
        "vcpus": _VCPUS,
        "ram_gb": _MEMORY,
        "disk_tb": Text("Block storage in TiB.", "块存储(TiB)。"),
    },
    "Link": {
        "between": Text("The two sites it joins.", "所连接的两个中心。"),
        "kind": Text("What sort of line it is.", "线路类型。"),
        "latency_ms": Text("One way, in milliseconds.", "单向时延(毫秒)。"),
        "bandwidth_mbps": Text("Bandwidth in Mbit/s.", "带宽(Mbit/s)。"),
        "carrier": Text(
            "Who runs it; lines of one carrier may fail together.", "运营商;同一运营商的线路可能同时中断。"
        ),
        "duct": Text("The duct it lies in; lines in one duct are cut together.", "所在管道;同管道的线路会同时被挖断。"),
        "transit": Text("Whether it may carry traffic between two other sites.", "是否可为另外两个中心转发流量。"),
    },
    "Zone": {
        "cidr": Text("All its addresses, at all sites.", "其在所有中心的全部地址。"),
        "kind": Text(
            "`tenant` holds servers; `edge` holds floating addresses.", "`tenant` 承载服务器;`edge` 提供浮动地址。"
        ),
        "subnet_prefix": Text(
            "The prefix length of one department's subnet at one site.", "一个部门在一个中心的子网前缀长度。"
        ),
        "title": _TITLE,
    },
    "Tier": {
        "rto": Text("The longest outage (recovery time objective).", "最长中断时间(RTO)。"),
        "rpo": Text("The most data that may be lost (recovery point objective).", "最多可丢失的数据(RPO)。"),
        "gbt20988": Text("The level of GB/T 20988 that is claimed.", "所声明的 GB/T 20988 等级。"),
        "strict": Text(
            "Whether writes stop while no second copy can be made at once.", "无法同步写入第二份副本时是否停止写入。"
        ),
    },
    "FlavorSize": {
        "vcpus": _VCPUS,
        "ram_gb": _MEMORY,
        "disk_gb": Text("Root disk in GiB.", "系统盘(GiB)。"),
    },
    "Opening": {
        "port": Text("The port.", "端口。"),
        "protocol": Text("The protocol.", "协议。"),
        "source": Text(
            "Who may connect: `any`, `department` (its own servers), or a zone.",
            "允许的来源:`any`(任何人)、`department`(本部门)或某个网络区。",
        ),
    },
    "Template": {
        "flavor": _FLAVOR,
        "count": _COUNTED,
        "dr_count": _COUNTED_DR,
        "zone": Text("The zone its servers stand in, one of `zones`.", "服务器所在的网络区,取自 `zones`。"),
        "image": _IMAGE,
        "openings": _OPENINGS,
        "volume_gb": _VOLUME,
        "floating": Text(
            "Whether each server gets a floating address from the edge zone.",
            "是否为每台服务器分配 edge 区的浮动地址。",
        ),
        "title": _TITLE,
    },
    "Application": {
        "template": Text("What it is made from, one of `templates`.", "所用模板,取自 `templates`。"),
        "tier": Text("The promise it is held to, one of `tiers`.", "承诺等级,取自 `tiers`。"),
        "title": _TITLE,
        "count": Text(
            "Servers at each active site, instead of the template's.", "每个 active 中心的台数,替代模板的值。"
        ),
        "dr_count": Text("Servers at each DR site, instead of the template's.", "每个灾备中心的台数,替代模板的值。"),
    },
    "Service": {
        "kind": Text("What it is.", "服务类型。"),
        "department": Text("The department that owns it, one of `departments`.", "所属部门,取自 `departments`。"),
        "placement": Text("Servers per site.", "每个中心的服务器台数。"),
        "tier": Text("The promise it is held to, one of `tiers`.", "承诺等级,取自 `tiers`。"),
        "sync": Text(
            "Where an acknowledged write must already be: `city` means at every active site of the city.",
            "写入确认前须到达之处:`city` 指同城的每个 active 中心。",
        ),
        "uses": Text(
            "The services it stands on; left out, the only service of each kind it needs.",
            "所依赖的服务;省略时取所需类型中唯一的服务。",
        ),
        "ttl": Text("How long clients may keep a DNS answer.", "客户端可缓存 DNS 应答的时间。"),
        "zone": Text("The zone its servers stand in, one of `zones`.", "服务器所在的网络区,取自 `zones`。"),
        "flavor": _FLAVOR,
        "image": _IMAGE,
        "volume_gb": _VOLUME,
        "openings": Text(
            "Ports its servers accept beside those that its kind needs.",
            "除该类服务自身所需之外, 服务器另行开放的端口。",
        ),
        "title": _TITLE,
    },
    "Quota": {
        "vcpus": _VCPUS,
        "ram_gb": _MEMORY,
        "disk_gb": Text("Block storage in GiB.", "块存储(GiB)。"),
        "servers": Text("Servers.", "服务器数。"),
        "volumes": Text("Volumes.", "卷数。"),
        "networks": Text("Networks.", "网络数。"),
        "floating_addresses": Text("Floating addresses.", "浮动地址数。"),
        "security_group_rules": Text("Security group rules.", "安全组规则数。"),
    },
    "Department": {
        "title": _TITLE,
        "quota": Text("What it may use at each site.", "在每个中心的配额。"),
        "sites": Text("The sites it lives in; all when empty.", "所在的中心;空则为全部。"),
        "applications": Text("What it runs.", "所运行的应用。"),
    },
    "Image": {
        "file": Text("Path relative to the topology, inside its folder.", "相对于拓扑文件的路径,须在其文件夹之内。"),
        "disk_format": Text("The format of the file.", "文件格式。"),
        "min_disk_gb": Text("The smallest disk it boots from, in GiB.", "启动所需的最小磁盘(GiB)。"),
        "min_ram_mb": Text("The least memory it boots with, in MiB.", "启动所需的最小内存(MiB)。"),
    },
    "Party": {"title": _TITLE},
    "Duties": {
        "supervise": Text("Who plans and supervises (may look).", "管:规划与监督(可查看)。"),
        "operate": Text("Who builds and runs it.", "运:建设与运维。"),
        "use": Text("Who consumes it.", "用:提出需求并使用。"),
    },
    "Rules": {
        "min_active_sites": Text("How many active sites must always remain.", "始终须保有的 active 中心数。"),
        "max_primaries": Text("How many writable primaries a service may have.", "一个服务最多可有的可写主库数。"),
    },
    "Drill": {
        "scenario": Text("What is rehearsed, one of `govcloud drill list`.", "演练的场景,见 `govcloud drill list`。"),
        "carrier": Text("The carrier that fails.", "失效的运营商。"),
        "site": Text("The site it strikes, one of `sites`.", "所针对的中心,取自 `sites`。"),
        "service": Text("The service it strikes, one of `services`.", "所针对的服务,取自 `services`。"),
        "schedule": Text("When it runs, as a systemd calendar expression.", "执行时间,systemd 日历表达式。"),
        "window": Text("How long it may take.", "允许的时长。"),
        "level": Text("How far it goes.", "演练深度。"),
    },
    "Titles": {
        "zh": Text("In Chinese.", "中文。"),
        "en": Text("In English.", "英文。"),
    },
}

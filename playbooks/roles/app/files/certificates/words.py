"""What the service offers and says, in the two languages of its users."""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["zh", "en"]


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str

    def say(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


KINDS: dict[str, Words] = {
    "residence": Words("居住证明", "Certificate of residence"),
    "business": Words("营业执照", "Business licence"),
    "marriage": Words("婚姻登记证明", "Marriage record"),
    "property": Words("不动产登记证明", "Real estate record"),
}

STATES: dict[str, Words] = {
    "received": Words("已受理", "Received"),
    "reviewing": Words("审核中", "Under review"),
    "issued": Words("已发证", "Issued"),
    "refused": Words("不予办理", "Refused"),
    "withdrawn": Words("已撤回", "Withdrawn"),
}

PAGE: dict[str, Words] = {
    "title": Words("电子证照申办", "Electronic certificates"),
    "skip": Words("跳到主要内容", "Skip to the content"),
    "apply": Words("申请证照", "Apply for a certificate"),
    "kind": Words("证照种类", "Kind of certificate"),
    "applicant": Words("申请人姓名", "Name of the applicant"),
    "contact": Words("联系方式（选填，电话或邮箱）", "Contact (optional, telephone or e-mail)"),
    "send": Words("提交申请", "Send the application"),
    "find": Words("查询回执", "Look a receipt up"),
    "number": Words("回执编号", "Receipt number"),
    "look": Words("查询", "Look up"),
    "receipt": Words("受理回执", "Receipt"),
    "keep": Words(
        "请妥善保存回执编号，凭编号查询办理进度。", "Keep the receipt number: it is how you follow the application."
    ),
    "state": Words("办理状态", "State"),
    "states": Words("办理状态一览", "States of applications"),
    "count": Words("件数", "Applications"),
    "site": Words("受理中心", "Received at"),
    "time": Words("受理时间", "Received on"),
    "home": Words("返回首页", "Back to the start"),
    "failed": Words("请检查以下内容", "Please check the following"),
    "missing": Words("查无此回执编号，请核对后重试。", "There is no receipt with this number; check it and try again."),
    "busy": Words(
        "系统暂时无法确认您的申请。请再次提交：同一申请不会重复受理。",
        "The service cannot confirm your application now. Send it again: it will not be received twice.",
    ),
    "later": Words("系统暂时无法查询，请稍后再试。", "The service cannot look this up now; try again shortly."),
}

REFUSALS: dict[str, Words] = {
    "body": Words("请求内容无法读取", "the request cannot be read"),
    "size": Words("请求内容过大", "the request is too large"),
    "kind": Words("请选择列出的证照种类", "choose one of the kinds listed"),
    "applicant": Words(
        "申请人姓名须为 1 至 60 个字符，不含控制字符", "the name needs 1 to 60 characters, no control characters"
    ),
    "contact": Words(
        "联系方式最多 60 个字符，不含控制字符", "the contact may have 60 characters, no control characters"
    ),
    "key": Words(
        "申请标识须为 8 至 64 个字母、数字、下划线或连字符",
        "the key needs 8 to 64 letters, digits, underscores or hyphens",
    ),
    "taken": Words("该申请标识已用于另一份申请", "this key was used for another application"),
    "missing": Words("查无此回执编号", "there is no receipt with this number"),
    "unavailable": Words("系统暂时无法办理，请稍后再试", "the service cannot do this now; try again shortly"),
    "indeterminate": Words(
        "申请结果未能确认，请用同一申请标识再次提交",
        "the application may or may not be received; send it again with the same key",
    ),
}

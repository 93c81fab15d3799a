"""What each kind of task says happened, and what it asks for."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from raincheck.worklist.models import Kind


@dataclass(frozen=True)
class Look:
    """How a kind of task is drawn, what it says happened, and what to do about it."""

    icon: str
    tone: str
    happened: Promise
    to_do: Promise


#: A batch by the rule “all” that rows kept out.
HELD_BACK = Look(
    "archive",
    "warn",
    gettext_lazy("导入的文件中有行未通过检查；按“整批”规则，整批都没有载入。"),
    gettext_lazy(
        "请按命令行给出的清单更正文件，再用同样的命令导入，载入后此待办会自动关闭；不再需要的，在此写明原因舍弃。"
    ),
)
#: A load that stopped by a fault of ours.
BROKEN = Look(
    "archive",
    "danger",
    gettext_lazy("导入没有完成就停下了：出错的那一部分已撤销，之前的部分仍然完整。"),
    gettext_lazy(
        "请联系运维排除原因，再继续导入（在导入页面，或用同样的命令），载入后此待办会自动关闭；不再需要的，可回滚已载入的批次，并在此写明原因。"
    ),
)
#: A load that stopped, for what was stored wasn't what was read.
STOPPED = Look(
    "archive",
    "danger",
    gettext_lazy("导入后的核对发现载入的内容与文件不一致：那一部分已撤销，导入已停下，之前的部分仍然完整。"),
    gettext_lazy(
        "请联系运维排除原因，再继续导入（在导入页面，或用同样的命令），载入后此待办会自动关闭；不再需要的，可回滚已载入的批次，并在此写明原因。"
    ),
)
#: Rows that wait of a batch that was rolled back since.
UNDONE = Look(
    "archive",
    "warn",
    gettext_lazy("导入的文件中有行未通过检查；这一批之后已被回滚，这些行仍加密保存。"),
    gettext_lazy("不再需要的，在此写明原因，全部舍弃；撤销那次回滚之后，才能继续更正和载入。"),
)
#: A difference about an interview nobody's request is stopped by: it stands, or is still under review.
STANDS = Look(
    "alert",
    "warn",
    gettext_lazy("AI面试系统的记录与本平台不一致。"),
    gettext_lazy(
        "请核对双方记录：那里已取消或没有的，在此也取消，需要时再约；时间不同的，在任一边改为一致。双方一致后，此待办会自动关闭。"
    ),
)
#: A difference found when the cancellation had been completed without the vendor's word.
COMPLETED = Look(
    "alert",
    "warn",
    gettext_lazy("取消已完成，但AI面试系统的记录与本平台不一致，原面试链接是否失效还不确定。"),
    gettext_lazy("请登录AI面试系统后台核对，仍有效的链接在那里撤回，然后在此登记处理结果。"),
)
LOOKS: dict[str, Look] = {
    Kind.REVIEW_ESCALATED: Look(
        "clock",
        "warn",
        gettext_lazy("第一轮审核时限内无人决定，已升级给HR经理。"),
        gettext_lazy("请打开审核页面通过或驳回；再次超时将按规则自动处理。"),
    ),
    Kind.REVOKE_BY_HAND: Look(
        "vendor",
        "danger",
        gettext_lazy("取消已完成，但AI面试系统不能自动撤回面试链接；已告知候选人不要使用。"),
        gettext_lazy("请登录AI面试系统后台撤回该链接，然后在此登记处理结果。"),
    ),
    Kind.VENDOR_PENDING: Look(
        "vendor",
        "danger",
        gettext_lazy("面试即将开始，AI面试系统仍未确认取消。"),
        gettext_lazy("请联系AI面试系统或登录其后台确认已取消；系统仍在自动询问，一旦确认会自动关闭此待办。"),
    ),
    Kind.MISMATCH: Look(
        "alert",
        "warn",
        gettext_lazy("AI面试系统的记录与本平台不一致，取消已暂停。"),
        gettext_lazy("请核对后选择照常完成取消，或驳回取消申请。"),
    ),
    Kind.CONTRADICTED: Look(
        "alert",
        "danger",
        gettext_lazy("面试取消后，候选人仍在AI面试系统中作答；评分已保存到人才库档案。"),
        gettext_lazy("可以将已有作答转为一场新的关联面试，或登记说明后搁置。"),
    ),
    Kind.MOVE_FAILED: Look(
        "archive",
        "danger",
        gettext_lazy("归档校验未通过，取消已整体回退，没有数据丢失。"),
        gettext_lazy("请在问题排除后重试完成取消；若反复失败，请联系管理员。"),
    ),
    Kind.INVITE_FAILED: Look(
        "vendor",
        "danger",
        gettext_lazy("未能在AI面试系统建立邀请，候选人还没有面试链接。"),
        gettext_lazy("请核对AI面试系统账号，或改期以再次发出邀请；也可以取消这场面试。"),
    ),
    Kind.RESCHEDULE_FAILED: Look(
        "refresh",
        "danger",
        gettext_lazy("改期未能同步到AI面试系统，那里仍是原时间。"),
        gettext_lazy("请登录AI面试系统后台改为新时间，然后在此登记处理结果。"),
    ),
    Kind.NOBODY_REACHED: Look(
        "bell",
        "warn",
        gettext_lazy("所有渠道都未能送达通知。"),
        gettext_lazy("请用电话等其他方式告知对方，并核对其联系方式。"),
    ),
    Kind.ANSWER_AT_RISK: Look(
        "clock",
        "danger",
        gettext_lazy("候选人申请取消后，应在1分钟内收到的确认尚未送达。"),
        gettext_lazy("请让运维执行 raincheck doctor 检查通知通道与后台进程；全部送达后，此待办会自动关闭。"),
    ),
    Kind.OUTCOME_AT_RISK: Look(
        "clock",
        "danger",
        gettext_lazy("候选人申请取消后，应在15分钟内得到的结果尚未告知。"),
        gettext_lazy(
            "请先处理待审核和记录不一致的申请；若在等待AI面试系统或通知通道，请联系运维。全部告知后会自动关闭。"
        ),
    ),
    Kind.JOB_FAILED: Look(
        "alert",
        "danger",
        gettext_lazy("后台作业多次失败，系统已停止重试。"),
        gettext_lazy("请先让运维查看日志、排除原因，然后重试；若已用其他方式办妥，请登记处理结果。"),
    ),
    Kind.DIFFERENCE: Look(
        "alert",
        "danger",
        gettext_lazy("对账时发现AI面试系统的记录与本平台不一致，且不能自动修复。"),
        gettext_lazy("请核对双方记录后处理，并登记结果；若下次对账时双方已一致，此待办会自动关闭。"),
    ),
    Kind.OTHER_TIME_WANTED: Look(
        "refresh",
        "warn",
        gettext_lazy("候选人在面试提醒中表示这个时间不合适，希望改期；原时间目前仍然有效。"),
        gettext_lazy(
            "请打开面试查看候选人的说明，改期后此待办会自动关闭；若维持原时间，请告知候选人并在此登记。"
        ),
    ),
    Kind.VENDOR_DOWN: Look(
        "vendor",
        "danger",
        gettext_lazy("AI面试系统连续多次没有响应，已暂停调用；取消照常受理，恢复后自动补发。"),
        gettext_lazy("请在AI面试系统页面测试连接，并联系供应商；恢复后此待办会自动关闭。"),
    ),
    Kind.COPY_WANTED: Look(
        "download",
        "info",
        gettext_lazy("候选人在自助页面索取其个人信息的副本。"),
        gettext_lazy("同意后，候选人30天内可在自助页面下载；不同意须说明理由，候选人会看到。"),
    ),
    Kind.ERASURE_WANTED: Look(
        "user",
        "warn",
        gettext_lazy("候选人在自助页面要求删除其个人信息。"),
        gettext_lazy(
            "同意即销毁其数据密钥并清除姓名、备注和通知内容，无法撤销；有未结束的面试须先取消。不同意须说明理由，候选人会看到。"
        ),
    ),
    Kind.CALENDAR_UNREACHED: Look(
        "link",
        "warn",
        gettext_lazy("面试日程未能写入公司的日历服务器；面试官仍会收到带日历的邮件。"),
        gettext_lazy("请在“日历”页面核对服务器地址、账号和密码并测试连接；写入成功后此待办会自动关闭。"),
    ),
    Kind.CHANNEL_BROKEN: Look(
        "bell",
        "danger",
        gettext_lazy("通知渠道的供应商拒收：密钥、余额、签名或模板有问题；消息会改走其他渠道，并继续重试。"),
        gettext_lazy(
            "请在“通知渠道”页面核对该渠道的设置，或联系供应商；同类消息再次发出后此待办会自动关闭。"
        ),
    ),
    Kind.QUARANTINED: Look(
        "archive",
        "warn",
        gettext_lazy("导入的文件中有行未通过检查，没有载入，已加密保存。"),
        gettext_lazy("请逐行更正后载入，或在补上缺少的内容后重试；都不再需要的，可在此写明原因，全部舍弃。"),
    ),
    Kind.IMPORT_STOPPED: BROKEN,
    Kind.UNCLEAR_REASONS: Look(
        "edit",
        "warn",
        gettext_lazy("导入的取消原因中，有些不够确定是什么意思，暂记为“其他原因”，原文作为说明保存。"),
        gettext_lazy(
            "请按原文逐条选择原因，同样的话一次归类；其余都不必归类的，可在此登记，一并保留为“其他原因”。"
        ),
    ),
}

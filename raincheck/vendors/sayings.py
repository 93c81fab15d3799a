"""What adapters and their calls say went wrong, in Chinese.

An adapter raises in English, and that is what the ledger and the trail keep. Whoever reads it on a page reads it in
their own language; what an adapter of somebody else's says stays as it is.
"""

from raincheck.core.sayings import Sayings

#: English, as it is raised, with {} for whatever differs each time.
CHINESE = {
    # what a person has to do
    "revoke the candidate's link in the vendor's own console": "请在AI面试系统后台撤回候选人的链接",
    "an earlier invitation may have arrived: look for it in the vendor's own console": (
        "此前的邀请可能已送达，请先在AI面试系统后台查找"
    ),
    "the link is of a system without an account here": ("面试链接属于未在此建立账号的系统，只能在其后台撤回"),
    "an invitation may exist there, of which no answer came home": (
        "对方可能已有邀请，只是没有收到答复，请到其后台查看"
    ),
    "archived there; whether the candidate's link is dead isn't known": (
        "对方已归档；候选人的链接是否失效尚不可知，请打开链接确认"
    ),
    "archived in {}, of which it isn't known that the candidate's link dies: open the link to see": (
        "已在{}归档，但链接是否随之失效尚不可知：请打开链接确认"
    ),
    "change the time in the vendor's own console": "请在AI面试系统后台修改时间",
    "compare the interviews by hand: no list is declared": "接入声明中没有列表接口，请人工核对",
    "no adapter is installed for this vendor": "没有安装这家AI面试系统的适配器",
    "say what candidates are invited to there: the account has no template": (
        "请填写邀请模板：账号未说明候选人被邀请参加什么"
    ),
    "the account lacks {}": "账号缺少设置：{}",
    "the vendor refuses the account's credentials": "对方拒绝了账号的凭据",
    "choose the {} (its {}) that this position invites to": "请为该岗位选择对应的{}（填写其{}）",
    "{} invites by e-mail, and the candidate has no address": "{}通过邮件邀请，而候选人没有邮箱",
    "{} documents no way to move an invitation: change it in its console": (
        "{}没有提供改期接口，请在其后台修改"
    ),
    "{} documents no way to move an invitation: change its dates in its console": (
        "{}没有提供改期接口，请在其后台修改日期"
    ),
    "{} documents no way to change a deadline: change it in its console": (
        "{}没有提供修改截止时间的接口，请在其后台修改"
    ),
    "Hireflix lists interviews by position only: compare in its console": (
        "Hireflix只能按岗位列出面试，请在其后台核对"
    ),
    "Hireflix needs the candidate's e-mail and the account's position (template)": (
        "Hireflix需要候选人邮箱和账号对应的岗位（邀请模板）"
    ),
    "the candidate has an interview in this Hireflix position already: look there": (
        "候选人在Hireflix该岗位下已有面试，请到其后台查看"
    ),
    "the candidate has an interview in this Hireflix position already{}: look there": (
        "候选人在Hireflix该岗位下已有面试（可能是答复丢失的那次邀请），请到其后台查看"
    ),
    "Hireflix has no invitations left in this period": "Hireflix本期的邀请名额已用完",
    "Humanly said archived, yet it isn't": "Humanly答复已归档，实际没有",
    "set the new expiry in Humanly": "请在Humanly设置新的到期时间",
    "marked as hired in Humanly, which an archive would undo: end the invitation there": (
        "Humanly中已标记为录用，归档会撤销该标记：请在其后台结束邀请"
    ),
    "LeapIn can't take a link back; it lapses at {}: tell the candidate not to use it": (
        "LeapIn不能撤回链接，链接将于{}失效：请告知候选人不要使用"
    ),
    "LeapIn refuses the account's access id or secret (code {})": (
        "LeapIn拒绝了账号的access id或密钥（代码{}）"
    ),
    "LeapIn needs the number of a job (template), the candidate's e-mail and phone": (
        "LeapIn需要职位编号（邀请模板）以及候选人的邮箱和手机号"
    ),
    "the candidate is invited to this LeapIn job already: the link is in its console only": (
        "候选人已被邀请参加LeapIn的这个职位，链接只能在其后台查看"
    ),
    "set the new deadline in Spark Hire": "请在Spark Hire设置新的截止时间",
    "Xobin needs the candidate's e-mail and the number of an AI interview (template)": (
        "Xobin需要候选人邮箱和AI面试编号（邀请模板）"
    ),
    "Xobin has no invitations left (limit_exceed)": "Xobin的邀请名额已用完（limit_exceed）",
    "Xobin lists by AI interview only: name them in the account's options": (
        "Xobin只能按AI面试列出，请在账号设置中填写其编号"
    ),
    # refused for good
    "Xobin doesn't allow it to be revoked (NOT_ALLOWED): see there what can be done": (
        "Xobin不允许撤回（NOT_ALLOWED），请到其后台查看可行的办法"
    ),
    "handed in already": "已提交",
    "handed in before it was archived": "归档之前已提交",
    "unknown there": "对方没有这场面试",
    "refused by Hireflix": "Hireflix已拒绝",
    "not invited: {}": "未能邀请：{}",
    "not the documented shape": "答复不符合对方的接口文档",
    "not in the first {} pages of the list": "列表前{}页中没有找到",
    "the account has no declaration": "账号没有接入声明",
    "the list's pages don't advance": "对方列表翻页没有前进",
    "the list's cursor doesn't advance": "对方列表的游标没有前进",
    "the list doesn't end": "对方列表没有尽头",
    "the list takes longer than {}": "读取对方列表超过{}",
    "a header can only hold plain ASCII": "请求头只能包含ASCII字符",
    "a header holds what HTTP can't send": "请求头含有HTTP不能发送的字符",
    "{} is no part of an address": "{}不能作为地址的一部分",
    "{} is in a private network (RAINCHECK_PRIVATE_NETWORKS)": "{}位于内网（见RAINCHECK_PRIVATE_NETWORKS）",
    "answered {}, which isn't declared a success": "对方答复{}，声明中不算成功",
    "answered {}": "对方答复{}",
    # tried again
    "unreachable ({})": "连接不上（{}）",
    "rate limit": "达到对方的频率限制",
    "busy": "调用繁忙，稍候",
    "paused": "已暂停调用，稍候",
    "another call is still signing in": "另一次调用正在登录",
    "invitation under way": "邀请正在进行",
    "said to be archived, yet it isn't": "对方答复已归档，实际没有",
    "says cancelled, shows {}": "对方答复已取消，查询仍为{}",
    "Xobin failed to revoke it (FAILED)": "Xobin撤回失败（FAILED）",
}

in_words = Sayings(CHINESE).in_words
